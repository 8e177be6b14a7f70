"""How a lead stands, for the source that created it."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from delivery.models import Job
from distribution.fields import is_empty
from distribution.models import Decision, Field, Lead, ProfileVersion
from distribution.routing.words import hide, told
from leadflip.kit import clock
from leadflip.kit.show import MASK
from partners.models import Partner


def standing(lead: Lead, *, audit: bool) -> dict[str, Any]:
    """Its values and how far it came; with `audit` the jobs and decision records too."""
    jobs = list(Job.objects.filter(lead=lead).select_related("partner").order_by("id"))
    fields = list(Field.objects.filter(entity=lead.entity_id).order_by("position", "id"))
    return {
        "id": str(lead.id),
        "entity": lead.entity.slug,
        "source": lead.source,
        "status": lead.status,
        "note": lead.note,
        "test": lead.test,
        "created_at": clock.iso(lead.created_at),
        "updated_at": clock.iso(lead.updated_at),
        "values": _values(lead, fields),
        "consent": lead.consent,
        "routing": lead.routing,
        "jobs": dict(Counter(job.status for job in jobs)),
        **(_audit(lead, jobs, fields) if audit else {}),
    }


def _values(lead: Lead, fields: Sequence[Field]) -> dict[str, Any]:
    """The open values; a mask for sensitive ones, and for encrypted fields where any value is sealed.

    The key sent the lead, but staff or another source may have changed it since.
    """
    found = {}
    for field in fields:
        value = lead.values.get(field.key)
        if field.archived_at is None and (lead.sealed if field.encrypted else field.key in lead.values):
            found[field.key] = MASK if field.encrypted or (field.sensitive and not is_empty(value)) else value
    return found


def _audit(lead: Lead, jobs: Sequence[Job], fields: Sequence[Field]) -> dict[str, Any]:
    return {
        "deliveries": [
            {
                "job_id": str(job.pk),
                "partner": job.partner.name,
                "channel": job.kind,
                "status": job.status,
                "price": None if job.price is None else str(job.price),
                "currency": job.currency,
            }
            for job in jobs
        ],
        "decisions": _decisions(lead, {field.key for field in fields if field.masked}),
    }


def _decisions(lead: Lead, masked: Collection[str]) -> list[Any]:
    """The decision records in words, without the values of masked fields. Three queries."""
    decisions = list(Decision.objects.filter(lead=lead).select_related("profile").order_by("at", "id"))
    versions = ProfileVersion.objects.filter(profile__in=[each.profile_id for each in decisions])
    documents = {(each.profile_id, each.number): each.document for each in versions}
    for decision in decisions:
        hide(decision, masked)
    chosen = [documents[each.profile_id, each.version] for each in decisions]
    ids = {row["partner_id"] for document in chosen for row in document["assignments"]}
    names = dict(Partner.objects.filter(id__in=ids).values_list("id", "name"))
    return [told(each, document, names) for each, document in zip(decisions, chosen, strict=True)]
