"""What a partner may read of the decision that gave it a lead: its own rule, on fields that it may see.

Never another partner, a rank, a count, the profile's rules, or a field that is not ticked.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from delivery.models import Job
from distribution.models import Decision, ProfileVersion
from distribution.routing.document import ProfileDocument, field_specs
from distribution.rules import compile_rules
from distribution.rules.words import condition_words
from partners.sheet import Ticks


def why(job_id: UUID, ticks: Ticks) -> str:
    """“You received this lead because …”, "" where no decision made the job. Three queries."""
    jobs = Job.objects.filter(pk=job_id, assignment__isnull=False)
    job = jobs.values("lead", "assignment", "assignment__profile", "profile_version").first()
    if job is None or job["profile_version"] is None:
        return ""
    profile, number = job["assignment__profile"], job["profile_version"]
    version = ProfileVersion.objects.filter(profile=profile, number=number).first()
    if version is None:
        return ""
    decisions = Decision.objects.filter(lead=job["lead"], profile=profile, version=number)
    for decision in decisions.order_by("seq"):
        if _chose(decision, version.document, job["assignment"]):
            return sentence(version.document, job["assignment"], decision.facts, ticks)
    return ""


def sentence(document: ProfileDocument, assignment_id: int, facts: Mapping[str, Any], ticks: Ticks) -> str:
    """The same from a version's document and the values that its decision compared. Pure."""
    words = _(" and ").join(_met(document, assignment_id, facts, ticks))
    if not words:
        return _("You received this lead because it fits what you take.")
    return _("You received this lead because %(rule)s.") % {"rule": words}


def _chose(decision: Decision, document: ProfileDocument, assignment_id: int) -> bool:
    rows = zip(document["assignments"], decision.verdicts, strict=False)
    return any(row["id"] == assignment_id and verdict[0] == "chosen" for row, verdict in rows)


def _met(document: ProfileDocument, assignment_id: int, facts: Mapping[str, Any], ticks: Ticks) -> list[str]:
    """The ticked conditions of the first alternative that the lead met."""
    row = next((each for each in document["assignments"] if each["id"] == assignment_id), None)
    if row is None:
        return []
    fields, lead = field_specs(document), _nested(facts)
    for place, alternative in enumerate(compile_rules(row["rules"], fields).alternatives):
        if all(condition.holds(lead) for condition in alternative):
            shown = [ticks.covers(condition.target.key) for condition in alternative]
            written = zip(row["rules"][place], shown, strict=True)
            return [condition_words(condition, fields) for condition, ticked in written if ticked]
    return []


def _nested(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Values by `field.part` as a lead holds them."""
    lead: dict[str, Any] = {}
    for key, value in facts.items():
        field, dot, part = key.partition(".")
        if dot:
            lead[field] = {**(lead.get(field) or {}), part: value}
        else:
            lead.setdefault(field, value)
    return lead
