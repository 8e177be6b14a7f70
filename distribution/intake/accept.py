"""One posted lead, one transaction: known token, names, values, row, routing.

Nothing here speaks to the broker or the cache, so a lead is taken while they are away.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from distribution.catalogue import EntitySpec, find, slugs
from distribution.fields.base import FieldError, to_text
from distribution.intake import idempotency, names, store, validate
from distribution.intake.errors import ForbiddenError, IntakeError
from distribution.intake.store import About
from distribution.models import ApiKey, Lead
from distribution.routing.route import route
from leadflip.kit import clock
from partners.models.revision import Revision, hold_shared

LONGEST = {"source": 100, "status": 100, "note": 10_000}
NAMED_ENTITIES = 10


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a source: the lead's id, when it was made (ISO 8601, UTC), unknown names."""

    lead_id: str
    created_at: str
    ignored: list[str]


def accept(*, key: ApiKey, body: Mapping[str, object], token: str | None, digest: bytes) -> Accepted:
    """Stores and routes one lead; `digest` is the body's, 32 bytes, compared where `token` is known.

    Raises IntakeError with the messages by field. Routing that raises refuses nothing: the lead stands
    and waits for another turn.
    """
    with transaction.atomic():
        hold_shared()
        revision = Revision.current()
        earlier = idempotency.begin(key, token, digest) if token else None
        if earlier is not None:
            return Accepted(**earlier)
        accepted = _take(key, body, revision)
        if token:
            idempotency.finish(key, token, asdict(accepted))
        return accepted


def _take(key: ApiKey, body: Mapping[str, object], revision: int) -> Accepted:
    entity = _entity(key, revision, _named(body))
    lead, ignored = _store(key, entity, body)
    route([lead], revision=revision, fresh=True)
    return Accepted(str(lead.id), clock.iso(lead.created_at), ignored)


def _named(body: Mapping[str, object]) -> object:
    """What the body calls its entity; two such inputs are refused with the other names."""
    return next((value for name, value in body.items() if names.reserved(name) == "entity"), None)


def _entity(key: ApiKey, revision: int, named: object) -> EntitySpec:
    name = _words("entity", named)
    if not name:
        raise IntakeError({"entity": [_("Name the entity of this lead: its slug or its id.")]})
    entity = find(revision, name)
    allowed = {entity.pk for entity in key.entities.all()}
    if allowed and (entity is None or entity.id not in allowed):
        raise ForbiddenError(
            {"entity": [_("This API key may not post to “%(name)s”.") % {"name": name[:100]}]}
        )
    if entity is None:
        raise IntakeError({"entity": [_unknown(revision, name)]})
    return entity


def _unknown(revision: int, name: str) -> str:
    known = ", ".join(sorted(slugs(revision))[:NAMED_ENTITIES])
    return _("There is no entity “%(name)s”; there are: %(slugs)s.") % {
        "name": name[:100],
        "slugs": known or "–",
    }


def _store(key: ApiKey, entity: EntitySpec, body: Mapping[str, object]) -> tuple[Lead, list[str]]:
    matched = names.match(body, entity.names)
    cleaned = validate.clean(entity.fields, matched.values)
    errors = {**cleaned.errors, **matched.errors}
    about = _about(key, matched.reserved, errors)
    if errors:
        raise IntakeError(errors)
    lead = store.insert(entity=entity, key=key, about=about, cleaned=cleaned, created_at=clock.now())
    return lead, matched.ignored


def _about(key: ApiKey, reserved: Mapping[str, Any], errors: dict[str, list[str]]) -> About:
    given: dict[str, str] = {}
    for name in LONGEST:
        try:
            given[name] = _words(name, reserved.get(name))
        except IntakeError as refused:
            errors.update(refused.errors)
    source = given.get("source") or key.source or "api"
    return About(source, given.get("note", ""), given.get("status") or "New")


def _words(name: str, value: object) -> str:
    try:
        text = to_text(value)
    except FieldError as error:
        raise IntakeError({name: [str(error)]}) from None
    longest = LONGEST.get(name, len(text))
    if len(text) > longest:
        message = _("%(count)d characters are too many: shorten it to %(longest)d.")
        raise IntakeError({name: [message % {"count": len(text), "longest": longest}]})
    return text
