"""Pacing: how much of a cap may be used by now, when it is spread evenly over its period. Pure."""

from datetime import date, datetime, timedelta
from math import floor

from distribution.routing.hours import Hours, midnight
from distribution.routing.ledger import Spans
from partners.caps import Caps


def paced(caps: Caps, hours: Hours | None, now: datetime, zone: str) -> Caps:
    """`caps` cut to what may be used by `now`: one at once, the rest in even steps.

    Spread over the open hours where there are any. A cap of the lifetime has no period to spread over.
    """
    spans = Spans.at(now, zone)
    ends = (spans.day + timedelta(days=1), spans.week + timedelta(days=7), _next_month(spans.month))
    day, week, month = (
        None if cap is None else _by_now(cap, _part(first, end, hours, now, zone))
        for cap, first, end in zip(caps[:3], spans, ends, strict=True)
    )
    return Caps(day, week, month, caps.life)


def _by_now(cap: int, part: float) -> int:
    return min(floor(cap * part) + 1, cap)


def _part(first: date, end: date, hours: Hours | None, now: datetime, zone: str) -> float:
    """How much of the period is over, from 0 to 1."""
    start, stop = midnight(first, zone), midnight(end, zone)
    if hours is None:
        return (now - start) / (stop - start)
    whole = hours.open_seconds(first, stop, zone)
    return hours.open_seconds(first, now, zone) / whole if whole else 1.0


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
