"""What a lead's page shows beside the row's own columns."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext

from delivery.models import Job
from distribution.models import Decision, Field, Lead, ProfileVersion
from distribution.routing.words import verdict_sentences
from partners.models import Partner
from partners.sheet import ADDRESS_PARTS

MASK = "•••"


class Value(NamedTuple):
    """A field with its value in lines; an encrypted one is masked."""

    label: str
    lines: list[str]
    encrypted: bool


class Why(NamedTuple):
    """A decision with its verdicts as sentences."""

    decision: Decision
    sentences: list[str]


def context(lead: Lead) -> dict[str, Any]:
    """Values, decisions and jobs of one lead."""
    return {
        "lead_name": name(lead),
        "lead_values": list(_values(lead)),
        "lead_decisions": list(_decisions(lead)),
        "lead_jobs": Job.objects.filter(lead=lead).select_related("partner").order_by("id"),
    }


def name(lead: Lead) -> str:
    """The display field's value, or the end of the id where that is empty or encrypted."""
    field = next((each for each in lead.entity.fields.all() if each.key == lead.entity.display_field), None)
    lines = [] if field is None or field.encrypted else _lines(lead.values.get(field.key))
    return ", ".join(lines) or f"…{str(lead.pk)[-12:]}"


def _values(lead: Lead) -> Iterator[Value]:
    for field in Field.objects.filter(entity=lead.entity_id):
        yield Value(
            field.label, [MASK] if field.encrypted else _lines(lead.values.get(field.key)), field.encrypted
        )


def _lines(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [gettext("Yes") if value else gettext("No")]
    if isinstance(value, dict):
        return [str(value[part]) for part in ADDRESS_PARTS if value.get(part) not in (None, "")]
    if isinstance(value, list):
        return [str(item) for item in value]
    return [] if value in (None, "") else [str(value)]


def _decisions(lead: Lead) -> Iterator[Why]:
    decisions = list(lead.decisions.select_related("profile").order_by("at", "id"))
    names = dict(Partner.objects.values_list("pk", "name")) if decisions else {}
    for decision in decisions:
        version = ProfileVersion.objects.get(profile=decision.profile_id, number=decision.version)
        words = verdict_sentences(decision.verdicts, version.document, decision.facts, names)
        yield Why(decision, list(words))
