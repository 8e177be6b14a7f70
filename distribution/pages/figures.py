"""The dashboard's figures: today against yesterday by the same hour, the last 24 hours, the slowest.

From sums by hour and capped counts alone; each reader is one query, whatever is stored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from delivery.models import Hourly, Job
from delivery.models.hourly import OUTCOMES
from delivery.models.job import Status
from delivery.trial import SCOPE
from distribution.models import HourlyLeads, Lead
from distribution.models.lead import Routing
from leadflip.kit import show
from leadflip.kit.charts import Bar
from leadflip.kit.ids import first_of
from portal.models import Entry

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# Answers are looked for among the newest entries; so many slow destinations are shown.
ENTRIES, SLOWEST = 1000, 5
May = Callable[[str], bool]
# Hour → (good ones, all); name → number, None where it could not be counted.
Sums = dict[datetime, tuple[int, int]]
Counts = dict[str, int | None]
LEADS, JOBS, ENTRY = "distribution.view_lead", "delivery.view_job", "portal.view_entry"


@dataclass(frozen=True, slots=True)
class Days:
    """Today and yesterday in the page's zone, each until the end of `now`'s hour."""

    now: datetime

    @property
    def begin(self) -> datetime:
        """Midnight."""
        return timezone.localtime(self.now).replace(hour=0, minute=0, second=0, microsecond=0)

    def ids(self, back: int) -> Q:
        """Rows made today (0) or yesterday (1), by the ids that hold their time."""
        return Q(pk__gte=first_of(self.begin - back * DAY), pk__lt=first_of(self.until - back * DAY))

    @property
    def until(self) -> datetime:
        """The end of this hour."""
        return self.hours[-1] + HOUR

    @property
    def hours(self) -> list[datetime]:
        """The last 24 hours, as they stand in sums."""
        last = self.now.replace(minute=0, second=0, microsecond=0)
        return [last - HOUR * place for place in range(23, -1, -1)]

    @property
    def since(self) -> datetime:
        """The oldest hour that any figure needs."""
        return min(self.begin - DAY, self.hours[0])


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure. `value` None: it could not be read. `was`: the same of yesterday, in words."""

    name: str
    title: str
    value: str | None
    was: str = ""
    link: str = ""


class Slow(NamedTuple):
    """A destination and its milliseconds."""

    key: int
    name: str
    host: str
    p95: int


def by_hour(model: type[Hourly] | type[HourlyLeads], days: Days) -> Sums:
    """Hour → (delivered, attempts), or (leads, leads)."""
    rows: QuerySet[Any] = model.objects.filter(hour__gte=days.since)
    if model is Hourly:
        all_of_them = sum((F(name) for name in OUTCOMES[1:]), F(OUTCOMES[0]))
        sums = rows.values_list("hour").annotate(good=Sum("delivered"), whole=Sum(all_of_them))
    else:
        sums = rows.values_list("hour").annotate(good=Sum("leads"), whole=Sum("leads"))
    return {hour: (good, whole) for hour, good, whole in sums.order_by()}


def today(sums: Sums, days: Days, back: int) -> int:
    """What came on one day by the end of this hour."""
    begin, end = days.begin - back * DAY, days.until - back * DAY
    return sum(good for hour, (good, _whole) in sums.items() if begin <= hour < end)


def bars(sums: Sums, days: Days) -> list[Bar]:
    """The last 24 hours; what did not deliver is their bad part."""
    found = [(hour, *sums.get(hour, (0, 0))) for hour in days.hours]
    return [Bar(show.hour(hour), whole, whole - good) for hour, good, whole in found]


def slowest(days: Days) -> list[Slow]:
    """Of this hour and the one before, those with the longest 95 of 100."""
    rows = Hourly.objects.filter(hour__gte=days.hours[-2], p95__isnull=False, settings__kind="webhook")
    rows = rows.exclude(settings__scope__startswith=SCOPE).select_related("settings__partner")
    found: dict[int, Slow] = {}
    for row in rows.order_by("-p95")[: 2 * SLOWEST]:
        slow = Slow(row.settings_id, row.settings.partner.name, row.settings.host, row.p95 or 0)
        found.setdefault(row.settings_id, slow)
    return list(found.values())[:SLOWEST]


def counting(may: May, days: Days) -> dict[str, QuerySet[Any]]:
    """Name → rows whose number, capped, is a figure."""
    found: dict[str, QuerySet[Any]] = {}
    if may(JOBS):
        jobs = Job.objects.filter(test=False)
        found["queued"] = jobs.filter(status=Status.QUEUED)
        found["retrying"] = jobs.filter(status=Status.RETRYING)
    for back in (0, 1):
        if may(JOBS):
            found[f"failed{back}"] = jobs.filter(days.ids(back), status=Status.FAILED)
        if may(LEADS):
            lost = Lead.objects.filter(days.ids(back), routing=Routing.UNMATCHED, test=False)
            found[f"unrouted{back}"] = lost
        if may(ENTRY):
            newest = Entry.objects.filter(days.ids(back)).order_by("-pk").values("pk")[:ENTRIES]
            for review in (Entry.Review.ACCEPTED, Entry.Review.REJECTED):
                # The day again: late in it the planner would rather read the table than look these up.
                found[f"{review}{back}"] = Entry.objects.filter(days.ids(back), pk__in=newest, review=review)
    return found


def tiles(may: May, days: Days, leads: Sums | None, attempts: Sums | None, counts: Counts) -> list[Tile]:
    """What the reader may see, in order."""
    log, lead_list = reverse("delivery:log"), reverse("admin:distribution_lead_changelist")
    since = f"since={days.begin:%Y-%m-%d}"
    found: list[Tile] = []
    if may(LEADS):
        found.append(_summed("leads", _("Leads in"), leads, days, lead_list))
    if may(JOBS):
        found += [
            _summed("delivered", _("Delivered"), attempts, days, f"{log}?status=delivered&{since}"),
            _counted("failed", _("Failed"), counts, days, f"{log}?status=failed&{since}"),
            _waiting(counts),
        ]
    if may(LEADS):
        lost = f"{lead_list}?routing__exact=unmatched"
        found.append(_counted("unrouted", _("Without a partner"), counts, days, lost))
    if may(ENTRY):
        found.append(_accepted(counts, days, f"{log}?channel=portal&{since}"))
    return found


def _summed(name: str, title: str, sums: Sums | None, days: Days, link: str) -> Tile:
    """Exact, whatever its size."""
    if sums is None:
        return Tile(name, title, None)
    now, was = (show.number(today(sums, days, back)) for back in (0, 1))
    return Tile(name, title, now, _yesterday(was, days), link)


def _counted(name: str, title: str, counts: Counts, days: Days, link: str) -> Tile:
    """Counted no further than show.MOST."""
    now, was = counts[f"{name}0"], counts[f"{name}1"]
    if now is None:
        return Tile(name, title, None)
    return Tile(name, title, show.count(now), "" if was is None else _yesterday(show.count(was), days), link)


def _waiting(counts: Counts) -> Tile:
    queued, retrying = counts["queued"], counts["retrying"]
    if queued is None or retrying is None:
        return Tile("waiting", _("Waiting"), None)
    again = _("%(count)s of them to be tried again") % {"count": show.count(retrying)} if retrying else ""
    link = reverse("delivery:destinations")
    return Tile("waiting", _("Waiting"), show.count(queued + retrying), again, link)


def _accepted(counts: Counts, days: Days, link: str) -> Tile:
    """«80 %» of the portal's answers."""
    shares = []
    for back in (0, 1):
        good, bad = counts[f"accepted{back}"], counts[f"rejected{back}"]
        if good is None or bad is None:
            return Tile("accepted", _("Accepted in portals"), None)
        part = show.number(100 * good // (good + bad)) if good + bad else ""
        shares.append(_("%(part)s %%") % {"part": part} if part else show.EMPTY)
    return Tile("accepted", _("Accepted in portals"), shares[0], _yesterday(shares[1], days), link)


def _yesterday(value: str, days: Days) -> str:
    """«yesterday by 15:00: 290»."""
    by = date_format(timezone.localtime(days.until), "H:i")
    return _("yesterday by %(time)s: %(value)s") % {"time": by, "value": value}


def oldest_due(seconds: float) -> str:
    """«12 s»: how long the job that is due longest has been due."""
    return show.span(timedelta(seconds=seconds)) if seconds >= 1 else _("none")
