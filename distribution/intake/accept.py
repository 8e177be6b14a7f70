"""One lead, one transaction: known token, names, values, duplicates, row, routing.

Nothing here speaks to the broker or the cache, so a lead is taken while they are away. Each way to the
database and back costs as much as the work itself: a lead is read with the configuration that this
process knows already, and what holds the configuration and finds that it is still that one goes there
with the rest. Where it is another one, the lead is read once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DataError, transaction
from django.utils.translation import gettext as _

from distribution import catalogue, keys
from distribution.catalogue import EntitySpec, find, slugs
from distribution.fields.base import FieldError
from distribution.intake import about, duplicates, idempotency, names, repeat, store
from distribution.intake.errors import ForbiddenError, IntakeError
from distribution.intake.origin import Origin, Outcome
from distribution.intake.read import Ready, read
from distribution.models import ApiKey
from distribution.models.entity import OnDuplicate
from distribution.models.lead import Routing
from distribution.routing.route import route as route_leads
from leadflip.kit import clock
from leadflip.kit.script import Script
from partners.models.revision import hold_at, hold_shared, moved

NAMED_ENTITIES = 10


@dataclass(frozen=True, slots=True)
class Token:
    """An Idempotency-Key, with the digest (32 bytes) of the body that it stands for."""

    text: str
    digest: bytes


def accept(*, key: ApiKey, body: Mapping[str, object], token: Token | None) -> dict[str, Any]:
    """Stores and routes the lead of a request; returns its answer, see `answer`.

    Raises IntakeError with the messages by field. Routing that raises refuses nothing: the lead stands
    and waits for another turn.
    """
    try:
        return _accept(key, body, token, catalogue.newest())
    except DataError as error:
        if not moved(error):
            raise
        return _accept(key, body, token, 0)


def _accept(key: ApiKey, body: Mapping[str, object], token: Token | None, known: int) -> dict[str, Any]:
    """Reads the lead at the revision `known`, or at the one in force if that is 0.

    Raises a DataError where `known` is not in force any more, see `moved`.
    """

    def take() -> dict[str, Any]:
        try:
            current = keys.at(revision, key)
            entity = named_entity(current, body, revision)
            return answer(_take(Origin.of_key(current), entity, body, revision, script, last=not token))
        except IntakeError:
            script.run()
            raise

    with transaction.atomic():
        script = Script()
        revision = known or hold_shared()
        if known:
            hold_at(script, known)
        catalogue.entities(revision)  # so that the next one knows it
        if not token:
            return take()
        script.run()
        return idempotency.once(key, token.text, token.digest, take)


@transaction.atomic
def accept_lead(
    *, origin: Origin, entity: EntitySpec, body: Mapping[str, object], route: bool = True
) -> Outcome:
    """Stores one lead that comes in by another way than the API, and routes it if `route` says so.

    Raises IntakeError with the messages by field.
    """
    revision = hold_shared()
    return _take(origin, entity, body, revision if route else None, Script())


def answer(outcome: Outcome) -> dict[str, Any]:
    """What a source is told of a lead: id, time, unknown names, and whether it was there already."""
    assert outcome.created_at is not None
    told = {
        "lead_id": str(outcome.lead_id),
        "created_at": clock.iso(outcome.created_at),
        "ignored": outcome.ignored,
    }
    return {**told, "duplicate": outcome.duplicate} if outcome.duplicate else told


def named_entity(key: ApiKey, body: Mapping[str, object], revision: int) -> EntitySpec:
    """The entity that a body names. Raises IntakeError, ForbiddenError."""
    name = _name(body)
    entity = find(revision, name)
    allowed = key.entity_ids
    if allowed and (entity is None or entity.id not in allowed):
        raise ForbiddenError(
            {"entity": [_("This API key may not post to “%(name)s”.") % {"name": name[:100]}]}
        )
    if entity is None:
        raise IntakeError({"entity": [_unknown(revision, name)]})
    return entity


def _name(body: Mapping[str, object]) -> str:
    """What the body calls its entity; two such inputs are refused with the other names."""
    value = next((value for name, value in body.items() if names.reserved(name) == "entity"), None)
    try:
        name = about.words("entity", value)
    except FieldError as error:
        raise IntakeError({"entity": [str(error)]}) from None
    if not name:
        raise IntakeError({"entity": [_("Name the entity of this lead: its slug or its id.")]})
    return name


def _unknown(revision: int, name: str) -> str:
    known = ", ".join(sorted(slugs(revision))[:NAMED_ENTITIES])
    return _("There is no entity “%(name)s”; there are: %(slugs)s.") % {
        "name": name[:100],
        "slugs": known or "–",
    }


def _take(
    origin: Origin,
    entity: EntitySpec,
    body: Mapping[str, object],
    revision: int | None,
    script: Script,
    *,
    last: bool = False,
) -> Outcome:
    """Routed at `revision`, or not at all. `script` goes first; `last`: nothing comes after a new lead."""
    ready = read(entity, origin, body)
    action = duplicates.action(entity, origin)
    if action != OnDuplicate.CREATE and not ready.about.test:
        same = duplicates.find(entity, ready.keys, script)
        if same is not None:
            return _repeat(same, entity, origin, ready, action)
    row = _row(origin, entity, ready, revision)
    script.add(*store.statement([(row, ready.keys)]))
    if revision is None:
        script.run()
    else:
        route_leads([store.lead(row)], revision=revision, fresh=True, script=script, last=last)
    return Outcome(row["id"], row["created_at"], ready.ignored)


def _repeat(same: UUID, entity: EntitySpec, origin: Origin, ready: Ready, action: OnDuplicate) -> Outcome:
    if action == OnDuplicate.UPDATE:
        return repeat.update(entity, origin, same, ready)
    return repeat.skip(origin, [(same, ready)])[0]


def _row(origin: Origin, entity: EntitySpec, ready: Ready, revision: int | None) -> store.Row:
    return store.row(
        entity=entity,
        key=origin.key,
        about=ready.about,
        cleaned=ready.cleaned,
        created_at=clock.now(),
        routing=Routing.NONE if revision is None else Routing.ROUTED,
    )
