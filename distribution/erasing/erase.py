"""One function takes away what is known of a person by some leads: for an erasure, and for old leads.

Values, raw forms, sealed values, note and consent, digests, facts of decisions, what was sent and answered
go; the rows, who got them, when and at what price stay.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from delivery import erase as delivery
from distribution.models import Decision, Idempotency, Lead, LeadKey, Repeat
from distribution.models.lead import NEW, Routing
from leadflip.kit import clock
from partners.audit.forget import forget_values
from portal import services as portal

BATCH = 100
# An answer that is kept was written within the transaction of its lead, or of its coming again.
NEAR = timedelta(minutes=2)


class Done(NamedTuple):
    """The leads that were erased, those that have to wait, and how much of what went."""

    erased: list[UUID]
    busy: set[UUID]
    counts: dict[str, int]


def reason() -> str:
    """Why a waiting job of an erased lead ends."""
    return _("The lead was erased.")


@transaction.atomic
def erase(lead_ids: Collection[UUID]) -> Done:
    """Erases these leads; one that is being sent at this moment is left for another time.

    Their waiting jobs are cancelled first. Locks jobs, then leads, as all do. Safe to repeat.
    """
    delivery.stop(lead_ids, reason())
    leads = list(Lead.objects.filter(pk__in=lead_ids).select_for_update(no_key=True).order_by("pk"))
    # Of a job that is being sent, or that routing made before the leads were held.
    busy = delivery.open_leads(lead_ids)
    free = [lead for lead in leads if lead.pk not in busy and lead.erased_at is None]
    ids = [lead.pk for lead in free]
    counts = {**_erase(free, ids), **delivery.erase(ids, reason()), **portal.erase(ids)} if ids else {}
    return Done(ids, busy, counts)


def _erase(leads: Iterable[Lead], ids: list[UUID]) -> dict[str, int]:
    repeats = list(Repeat.objects.filter(lead__in=ids))
    counts = {
        "leads": len(ids),
        "keys": LeadKey.objects.filter(lead__in=ids).delete()[0],
        "decisions": Decision.objects.filter(lead__in=ids).exclude(facts={}).update(facts={}),
        "repeats": Repeat.objects.filter(lead__in=ids).delete()[0],
        "answers": sum(_answers(lead, repeats) for lead in leads),
    }
    now = clock.now()
    Lead.objects.filter(pk__in=ids).update(
        values={},
        raw={},
        sealed=None,
        sealed_key="",
        note="",
        consent={},
        status=NEW,
        keyed_as="",
        routing_error="",
        erased_at=now,
        updated_at=now,
    )
    Lead.objects.filter(pk__in=ids, routing=Routing.WAITING).update(routing=Routing.NONE, routing_due=None)
    forget_values(Lead, ids)
    return counts


def _answers(lead: Lead, repeats: Iterable[Repeat]) -> int:
    """Answers that are kept for repeated requests: what a sender called them is the sender's own text."""
    times = [lead.created_at, *(each.at for each in repeats if each.lead_id == lead.pk)]
    near = Q()
    for at in times:
        near |= Q(created_at__range=(at - NEAR, at + NEAR))
    return Idempotency.objects.filter(near, answer__lead_id=str(lead.pk)).delete()[0]
