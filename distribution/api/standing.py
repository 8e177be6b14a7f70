"""How a lead stands, for the source that created it."""

from collections import Counter
from typing import Any

from delivery.models import Job
from distribution.models import Decision, Field, Lead, ProfileVersion
from distribution.routing.words import told
from leadflip.kit import clock
from leadflip.kit.show import MASK
from partners.models import Partner


def standing(lead: Lead, *, audit: bool) -> dict[str, Any]:
    """Its values and how far it came; with `audit` the jobs and decision records too."""
    jobs = list(Job.objects.filter(lead=lead).select_related("partner").order_by("id"))
    return {
        "id": str(lead.id),
        "entity": lead.entity.slug,
        "source": lead.source,
        "status": lead.status,
        "note": lead.note,
        "test": lead.test,
        "created_at": clock.iso(lead.created_at),
        "updated_at": clock.iso(lead.updated_at),
        "values": _values(lead),
        "consent": lead.consent,
        "routing": lead.routing,
        "jobs": dict(Counter(job.status for job in jobs)),
        **(_audit(lead, jobs) if audit else {}),
    }


def _values(lead: Lead) -> dict[str, Any]:
    """The open values; of encrypted fields a mask where the lead has any sealed value."""
    fields = Field.objects.filter(entity=lead.entity_id, archived_at=None).order_by("position", "id")
    found = {}
    for key, encrypted in fields.values_list("key", "encrypted"):
        if encrypted and lead.sealed:
            found[key] = MASK
        elif not encrypted and key in lead.values:
            found[key] = lead.values[key]
    return found


def _audit(lead: Lead, jobs: list[Job]) -> dict[str, Any]:
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
        "decisions": _decisions(lead),
    }


def _decisions(lead: Lead) -> list[Any]:
    """The decision records in words. Three queries."""
    decisions = list(Decision.objects.filter(lead=lead).select_related("profile").order_by("at", "id"))
    versions = ProfileVersion.objects.filter(profile__in=[each.profile_id for each in decisions])
    documents = {(each.profile_id, each.number): each.document for each in versions}
    chosen = [documents[each.profile_id, each.version] for each in decisions]
    ids = {row["partner_id"] for document in chosen for row in document["assignments"]}
    names = dict(Partner.objects.filter(id__in=ids).values_list("id", "name"))
    return [told(each, document, names) for each, document in zip(decisions, chosen, strict=True)]
