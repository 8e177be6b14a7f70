"""All that is known of a person, to be given to them: values, consent, decisions, deliveries, answers."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from delivery.models import Attempt, Job
from distribution.api.standing import standing
from distribution.erasing.find import opened
from distribution.models import Lead, Repeat
from leadflip.kit import clock
from portal.models import Entry


def leads(lead_ids: Collection[UUID]) -> list[dict[str, Any]]:
    """A document for each lead, the oldest first; encrypted values are opened."""
    rows = Lead.objects.filter(pk__in=lead_ids).select_related("entity").order_by("pk")
    return [_lead(lead) for lead in rows]


def _lead(lead: Lead) -> dict[str, Any]:
    known = standing(lead, audit=True)
    return {
        **known,
        "values": dict(_values(lead)),
        "typed": lead.raw,
        "erased_at": clock.iso(lead.erased_at) if lead.erased_at else None,
        "came_again": [
            {"at": clock.iso(each.at), "source": each.source, "action": each.action}
            for each in Repeat.objects.filter(lead=lead).order_by("pk")
        ],
        "deliveries": list(_deliveries(lead)),
    }


def _values(lead: Lead) -> Iterator[tuple[str, Any]]:
    """By the field's label; archived fields have values too."""
    values = {**lead.values, **opened(lead)}
    for field in lead.entity.fields.all():
        if field.key in values:
            yield field.label, values[field.key]


def _deliveries(lead: Lead) -> Iterator[dict[str, Any]]:
    entries = {each.pk: each for each in Entry.objects.filter(lead_id=lead.pk)}
    for job in Job.objects.filter(lead=lead).select_related("partner").order_by("pk"):
        yield {
            "partner": job.partner.name,
            "channel": job.kind,
            "status": job.status,
            "created_at": clock.iso(job.created_at),
            "ended_at": clock.iso(job.settled_at) if job.settled_at else None,
            "attempts": [
                {"at": clock.iso(each.started_at), "outcome": each.outcome}
                for each in Attempt.objects.filter(job=job).order_by("number", "late")
            ],
            "answer": _answer(entries.get(job.pk)),
        }


def _answer(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None or entry.answered_at is None:
        return None
    return {
        "review": entry.review,
        "reason": entry.reason,
        "note": entry.note,
        "at": clock.iso(entry.answered_at),
    }
