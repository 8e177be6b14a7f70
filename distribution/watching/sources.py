"""Sources from which nothing arrives although it usually does.

Usually: a week ago and two weeks ago, in the same hours of the same weekday, at least LEAST leads came each
time. So nights, weekends and rare sources are quiet, and a source is known after two weeks.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import product

from django.db.models import Max, Q, Sum
from django.utils.translation import gettext as _

from delivery.alerts import book
from delivery.alerts.book import Found
from delivery.models import Alert
from distribution import hourly
from distribution.models import HourlyLeads
from distribution.models.entity import Way
from leadflip.kit import clock, show

HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
# Hours without a lead that are told, the longer first.
SPANS = (24, 3)
# This one, and those that tell what is usual.
WEEKS = (0, 1, 2)
LEAST = 5
# An alert of a source that stays silent is over when nobody expects it any more.
FORGOTTEN = 2 * WEEK
# People's own work is no source that falls silent.
NONE = ("", Way.IMPORT.value, Way.MANUAL.value)


def look() -> int:
    """Opens and closes what is so; returns how many were opened."""
    # The sums must hold what came in by now.
    hourly.count()
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    found = {key_of(source): told for source, told in _silent(now)}
    return book.keep(Alert.Kind.SILENT, found, still=_still(now))


def key_of(source: str) -> str:
    """A source's name may be longer than a key."""
    return f"source:{blake2b(source.encode(), digest_size=8).hexdigest()}"


def _silent(now: datetime) -> Iterator[tuple[str, Found]]:
    whole = Q()
    sums = {}
    for span, week in product(SPANS, WEEKS):
        within = _within(now, span, week)
        whole |= within
        sums[f"{span}h{week}"] = Sum("leads", filter=within, default=0)
    rows = HourlyLeads.objects.filter(whole).exclude(source__in=NONE).order_by()
    for source, *counts in rows.values_list("source").annotate(**sums):
        came = dict(zip(product(SPANS, WEEKS), counts, strict=True))
        fell = [span for span in SPANS if _fell(came, span)]
        if fell:
            yield source, _told(source, fell[0], came[fell[0], 1])


def _within(now: datetime, span: int, week: int) -> Q:
    """So many hours before `now`, so many weeks ago; this week's run on until now."""
    end = now - week * WEEK
    begun = Q(hour__gte=end - span * HOUR)
    return begun & Q(hour__lt=end) if week else begun


def _fell(came: Mapping[tuple[int, int], int], span: int) -> bool:
    return not came[span, 0] and min(came[span, 1], came[span, 2]) >= LEAST


def _told(source: str, span: int, usual: int) -> Found:
    told = _("Nothing for %(hours)d hours; in the same hours a week ago %(leads)s came.")
    return Found(source, told % {"hours": span, "leads": show.leads(usual)})


def _still(now: datetime) -> set[str]:
    """Those that are told of already, and from which nothing has come since."""
    open_ = book.open_of(Alert.Kind.SILENT).filter(opened_at__gt=now - FORGOTTEN)
    since = {alert.name: alert for alert in open_}
    rows = HourlyLeads.objects.filter(source__in=since).order_by().values_list("source")
    last = dict(rows.annotate(last=Max("hour")))
    return {
        alert.key
        for source, alert in since.items()
        if source not in last or last[source] <= alert.opened_at - HOUR
    }
