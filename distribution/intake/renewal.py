"""Digests made anew where they were made otherwise: after a field became a match key, or a new digest key.

An entity's mark tells how its leads' digests are made; each lead has the mark of its own. Leads that come in
meanwhile have the new one, so the work ends. Nothing is kept of how far it came: who begins again passes
over what is done.
"""

import time
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from distribution.catalogue import EntitySpec, entities
from distribution.intake.edit import renew_keys
from distribution.models import Entity, Lead
from leadflip.kit import crypto
from partners.models import Revision

BATCH = 500
SECONDS = 50.0


def renew_all() -> int:
    """Renews digests for at most 50 s; returns of how many leads. What is left, the next run does."""
    end = time.monotonic() + SECONDS
    return sum(_renew(entity, end) for entity in _stale())


def behind() -> int:
    """How many entities have leads whose digests are not made as they should be."""
    return len(_stale())


def _stale() -> list[EntitySpec]:
    marked = dict(Entity.objects.values_list("pk", "keyed_as"))
    known = entities(Revision.current()).values()
    return [each for each in known if marked.get(each.id) not in (None, each.mark)]


def _renew(entity: EntitySpec, end: float) -> int:
    done, after = 0, UUID(int=0)
    while time.monotonic() < end:
        ids = _next(entity, after)
        if not ids:
            _finish(entity)
            break
        done += _batch(entity, ids)
        after = ids[-1]
    return done


def _finish(entity: EntitySpec) -> None:
    """Unless rows are left that somebody held."""
    if not _old(entity).exists():
        Entity.objects.filter(pk=entity.id).update(keyed_as=entity.mark)


def _next(entity: EntitySpec, after: UUID) -> list[UUID]:
    return list(_old(entity).filter(id__gt=after).order_by("id").values_list("id", flat=True)[:BATCH])


def _old(entity: EntitySpec) -> QuerySet[Lead]:
    return Lead.objects.filter(entity=entity.id, test=False).exclude(keyed_as=entity.mark)


@transaction.atomic
def _batch(entity: EntitySpec, ids: list[UUID]) -> int:
    """Rows that somebody holds are passed over. Of a lead that no key opens the digests stay as they are."""
    rows = Lead.objects.filter(id__in=ids).select_for_update(no_key=True, skip_locked=True)
    held = list(rows.order_by("id"))
    renew_keys([(lead, hidden) for lead in held if (hidden := _hidden(lead)) is not None], entity)
    Lead.objects.filter(id__in=[lead.pk for lead in held]).update(keyed_as=entity.mark)
    return len(held)


def _hidden(lead: Lead) -> dict[str, object] | None:
    if not lead.sealed:
        return {}
    try:
        found: dict[str, object] = crypto.unseal(lead.owner, lead.sealed)["values"]
    except crypto.SealError:
        return None
    return found
