"""The key of a lead source: `Authorization: Bearer <key>`, or the key alone."""

from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase

from distribution.api import rate
from distribution.api.errors import ApiError
from distribution.models import ApiKey
from leadflip.kit import clock
from leadflip.kit.digest import fingerprint
from leadflip.kit.script import Script

# "Last used" is written no more often than this.
USED_EVERY = timedelta(minutes=1)


# As text: each request asks it, and the ORM takes as long to write it as the rest of the intake does.
UNASKED = ("digest", "created_at")
COLUMNS = [field.attname for field in ApiKey._meta.concrete_fields if field.attname not in UNASKED]
FIND = """
SELECT {columns}, ARRAY(SELECT entity_id FROM distribution_apikey_entities WHERE apikey_id = key.id)
FROM distribution_apikey AS key WHERE digest = %s
""".format(columns=", ".join(COLUMNS))  # noqa: S608  (the names of a model's columns)


class KeyAuth(AuthBase):
    """Finds the ApiKey of a request, with its entities. Answers 401 with the reason, 429 beyond its rate."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A key made under API keys in the admin."

    def __call__(self, request: HttpRequest) -> ApiKey:
        plain = sent_key(request)
        if not plain:
            raise _refusal(_("Send your API key in the header Authorization: Bearer <key>."))
        key = find(plain)
        if key is None:
            raise _refusal(_("No API key is like this one: copy it again, or make a new one in the admin."))
        if key.revoked_at:
            raise _refusal(_("The API key %(key)s was revoked: use another one.") % {"key": key})
        _hold_to_its_rate(key)
        _mark_used(key)
        return key


def find(plain: str) -> ApiKey | None:
    """The API key of this text, with the entities it is for. One query."""
    script = Script()
    script.add(FIND, [fingerprint(plain)])
    for *columns, entity_ids in script.run():
        key = ApiKey.from_db(DEFAULT_DB_ALIAS, COLUMNS, columns)
        key.entity_ids = frozenset(entity_ids)
        return key
    return None


def _hold_to_its_rate(key: ApiKey) -> None:
    wait = rate.wait(key.pk, key.rate) if key.rate else 0
    if wait:
        message = _("The API key %(key)s may send %(rate)d requests a minute: send it again in %(wait)d s.")
        named = {"key": key, "rate": key.rate, "wait": wait}
        raise ApiError(429, {"request": [message % named]}, {"Retry-After": str(wait)})


def sent_key(request: HttpRequest) -> str:
    """What the request sends as its key, "" for nothing."""
    first, _space, rest = request.headers.get("Authorization", "").strip().partition(" ")
    return rest.strip() if first.lower() == "bearer" else first if not rest else ""


def _refusal(message: str) -> ApiError:
    return ApiError(401, {"authorization": [message]}, {"WWW-Authenticate": "Bearer"})


def _mark_used(key: ApiKey) -> None:
    now = clock.now()
    if key.last_used is None or key.last_used <= now - USED_EVERY:
        unmarked = Q(last_used=None) | Q(last_used__lte=now - USED_EVERY)
        ApiKey.objects.filter(unmarked, id=key.pk).update(last_used=now)
