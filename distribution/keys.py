"""API keys: `lf_`, eight characters that name the key, `_`, and the secret; and how they are found."""

import secrets
import string

from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from distribution.by_revision import ByRevision
from distribution.intake.errors import RevokedError
from distribution.models import ApiKey
from leadflip.kit.digest import fingerprint
from leadflip.kit.script import Script

BASE62 = string.ascii_letters + string.digits
NAMED_BY = 8
SECRET = 43  # 256 bits

# As text: each request asks it, and the ORM takes as long to write it as the rest of the intake does.
UNASKED = ("digest", "created_at", "callback_url", "sealed")
COLUMNS = [field.attname for field in ApiKey._meta.concrete_fields if field.attname not in UNASKED]
FIND = """
SELECT {columns}, ARRAY(SELECT entity_id FROM distribution_apikey_entities WHERE apikey_id = key.id),
    (SELECT number FROM partners_revision)
FROM distribution_apikey AS key WHERE {{column}} = %s
""".format(columns=", ".join(COLUMNS))  # noqa: S608  (the names of a model's columns)


def new_key() -> tuple[str, str]:
    """A new key and its prefix, the part of it that may be shown."""
    prefix = f"lf_{_random(NAMED_BY)}"
    return f"{prefix}_{_random(SECRET)}", prefix


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(length))


def find(plain: str, revision: int = 0) -> ApiKey | None:
    """The API key of this text, with the entities it is for: one query.

    With a `revision` no query where it was in force then; `at` tells later whether it still is.
    """
    digest = fingerprint(plain)
    try:
        known = _found.get(revision, digest) if revision else None
        return _by_digest(digest) if known is None or known.revoked_at else known
    except ApiKey.DoesNotExist:
        return None


def at(revision: int, key: ApiKey) -> ApiKey:
    """`key` as it is at `revision`, read again where it was read at another. Raises RevokedError."""
    if key.read_at != revision:
        key = _read("id", key.pk)
    refuse_revoked(key)
    return key


def refuse_revoked(key: ApiKey) -> None:
    """Raises RevokedError."""
    if key.revoked_at:
        message = _("The API key %(key)s was revoked: use another one.")
        raise RevokedError({"authorization": [message % {"key": key}]})


def _by_digest(digest: bytes) -> ApiKey:
    return _read("digest", digest)


def _read(column: str, value: object) -> ApiKey:
    script = Script()
    script.add(FIND.format(column=column), [value])
    rows = script.run()
    if not rows:
        raise ApiKey.DoesNotExist
    [(*columns, entity_ids, revision)] = rows
    key = ApiKey.from_db(DEFAULT_DB_ALIAS, COLUMNS, columns)
    key.entity_ids = frozenset(entity_ids)
    key.read_at = revision
    return key


_found: ByRevision[bytes, ApiKey] = ByRevision(_by_digest)
