"""What went and what stays, in words."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from delivery import erase as delivery
from distribution.models import Decision, LeadKey
from portal import services as portal

# In the order of a report.
GOES: Mapping[str, Promise] = {
    "leads": _("Leads emptied: values, sealed values, note, consent"),
    "keys": _("Digests by which the person was known again"),
    "decisions": _("Decision records whose compared values went"),
    "repeats": _("Notes that the lead came again"),
    "answers": _("Answers kept for repeated requests"),
    "rows": _("Rows of imported files"),
    "bodies": _("Sent requests, letters and the answers to them"),
    "texts": _("Error texts and recipients of jobs"),
    "mails": _("Returned mails"),
    "notes": _("Notes that partners wrote"),
}
STAYS = (
    _("That a lead came, when, by which source, and its id"),
    _("Which partner it went to, when, through which channel, and at what price"),
    _("Whether each attempt succeeded, with its time, duration and code"),
    _("Which assignment was chosen, and why, without the values compared"),
    _("What partners answered: accepted or rejected, when, and by whom"),
)


def told(counts: Mapping[str, int]) -> list[tuple[Promise, int]]:
    """(words, how many) of all that is counted."""
    return [(label, counts[what]) for what, label in GOES.items() if what in counts]


def expected(lead_ids: Collection[UUID], leads: int) -> list[tuple[Promise, int]]:
    """What an erasure would count now."""
    sent, written = delivery.held(lead_ids), portal.held(lead_ids)
    return told(
        {
            "leads": leads,
            "keys": LeadKey.objects.filter(lead__in=lead_ids).count(),
            "decisions": Decision.objects.filter(lead__in=lead_ids).exclude(facts={}).count(),
            "bodies": sent["bodies"],
            "mails": sent["mails"],
            "notes": written["notes"],
        }
    )
