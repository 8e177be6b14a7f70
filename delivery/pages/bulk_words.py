"""Bulk actions in words."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from delivery.bulk import MOST
from delivery.models import BulkAction
from delivery.models.bulk import Act
from delivery.models.job import Status
from delivery.pages.filters import DOUBT, HELD, LogFilter
from leadflip.kit import clock, show

ASKS: Mapping[Act, Any] = {
    Act.RESEND: gettext_lazy("Resend jobs"),
    Act.TRY_NOW: gettext_lazy("Try jobs now"),
    Act.CANCEL: gettext_lazy("Cancel jobs"),
    Act.NOT_RECEIVED: gettext_lazy("Note jobs as not received"),
    Act.MOVE: gettext_lazy("Move jobs to another partner"),
}
_SAME = gettext_lazy(
    "Each has the id that the partner knows: the same webhook-id or Message-ID, by which repeats can be "
    "discarded."
)
_PACED = gettext_lazy(
    "The oldest go first, at half of the partner's rate or, where it has none, at two a second for each of "
    "its calls in flight: leads that come in meanwhile are sent among them. The portal gets all at once."
)
NOTICED: Mapping[Act, list[Any]] = {
    Act.RESEND: [
        gettext_lazy("Each begins anew with a fresh budget of attempts, under the settings of now."),
        _SAME,
        _PACED,
        gettext_lazy("A job whose place was given back takes one again; where a cap is full it is skipped."),
    ],
    Act.TRY_NOW: [
        gettext_lazy("Each keeps its budget: an attempt that fails is one less."),
        _SAME,
        _PACED,
        gettext_lazy("Where a destination is left alone, they wait for it all the same."),
    ],
    Act.CANCEL: [
        gettext_lazy("No more attempts are made, and the cap places are given back."),
        gettext_lazy("Where a profile has failover, a cancelled job is offered to nobody else."),
    ],
    Act.NOT_RECEIVED: [
        gettext_lazy("Ask the partner first: an attempt of these had no answer, and it may have the leads."),
        gettext_lazy(
            "The jobs then count as failed: cap places are given back, and where a profile has failover, the "
            "next best partner gets the lead."
        ),
    ],
    Act.MOVE: [
        gettext_lazy(
            "The profile that each job came from decides once more, and asks the chosen partner alone: its "
            "rules, hours, caps and pacing hold, and whom they keep out is skipped with the reason."
        ),
        gettext_lazy(
            "What is moved ends here as cancelled, its cap place is given back, and the chosen partner gets "
            "a job of its own, at its own price."
        ),
        gettext_lazy(
            "What is being sent at that moment stays. So does what this partner has or may have, unless you "
            "say otherwise: the lead is then with two partners."
        ),
        _PACED,
    ],
}
BUTTONS: Mapping[Act, Callable[[int], str]] = {
    Act.RESEND: lambda n: ngettext("Resend %(n)s job", "Resend %(n)s jobs", n),
    Act.TRY_NOW: lambda n: ngettext("Try %(n)s job now", "Try %(n)s jobs now", n),
    Act.CANCEL: lambda n: ngettext("Cancel %(n)s job", "Cancel %(n)s jobs", n),
    Act.NOT_RECEIVED: lambda n: ngettext(
        "Note %(n)s job as not received", "Note %(n)s jobs as not received", n
    ),
    Act.MOVE: lambda n: ngettext("Move %(n)s job", "Move %(n)s jobs", n),
}
# What can be done with jobs of a status.
OFFERED: Mapping[str, tuple[Act, ...]] = {
    "": tuple(Act),
    Status.QUEUED: (Act.TRY_NOW, Act.MOVE, Act.CANCEL),
    Status.RETRYING: (Act.TRY_NOW, Act.MOVE, Act.CANCEL),
    HELD: (Act.MOVE, Act.CANCEL),
    Status.SENDING: (),
    Status.DELIVERED: (Act.RESEND, Act.MOVE),
    Status.FAILED: (Act.RESEND, Act.MOVE, Act.NOT_RECEIVED),
    DOUBT: (Act.NOT_RECEIVED, Act.RESEND, Act.MOVE),
    Status.CANCELLED: (Act.RESEND, Act.MOVE),
}


def bounded(count: int) -> str:
    """«4,812», «100,000+»."""
    return show.number(count) if count <= MOST else f"{show.number(MOST)}+"


def button(act: Act, count: int, *, more: bool = False) -> str:
    """«Resend 312 jobs», «Resend 99,998+ jobs»; without a number where none would be done yet."""
    if not count:
        return str(ASKS[act])
    return BUTTONS[act](count) % {"n": f"{show.number(count)}+" if more else show.number(count)}


def title(action: BulkAction) -> str:
    """«Resend: 312 jobs», «Move to Acme: 312 jobs»."""
    jobs = ngettext("%(n)s job", "%(n)s jobs", action.total) % {"n": bounded(action.total)}
    moved = action.target and _("Move to %(partner)s") % {"partner": action.target.name}
    return f"{moved or Act(action.act).label}: {jobs}"


def filters(action: BulkAction) -> list[tuple[Any, Any]]:
    """(label, value) of the filters that it was started with; empty where they fit no more."""
    form = LogFilter(QueryDict(action.filter))
    return form.said if form.is_valid() else []


def due(action: BulkAction) -> str:
    """When the last of its jobs is due, where that is later than now."""
    last = max(map(datetime.fromisoformat, action.tails.values()), default=None)
    if last is None or last <= clock.now():
        return ""
    return _("The last of them is due %(time)s.") % {"time": show.to_the_second(last)}


def offers(form: LogFilter) -> list[Act]:
    """What may be done with the log's jobs; nothing without a filter."""
    return list(OFFERED[form.cleaned_data["status"]]) if form.narrows else []
