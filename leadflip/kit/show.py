"""Values as people read them: times, money, durations, capped counts. In the active time zone."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

EMPTY = "–"
DAY = 24 * 3600
# Lists count no further than this.
MOST = 1000

# What stands where a value is sealed and not shown.
MASK = "•••"


def _here(at: datetime) -> datetime:
    """At the clock of the active zone; a moment that its calendar does not reach stays as it is."""
    try:
        return timezone.localtime(at)
    except OverflowError:
        return at


def full_time(at: datetime) -> str:
    """«24 Nov 2026, 14:05»."""
    return date_format(_here(at), "j M Y, H:i")


def hour(at: datetime) -> str:
    """«24 Nov, 14:00»."""
    return date_format(_here(at), "j M, H:i")


def erased_on(at: datetime) -> str:
    """«Erased on 24 Nov 2026»: what stands for a lead whose values are gone."""
    return _("Erased on %(day)s") % {"day": date_format(_here(at), "j M Y")}


def to_the_second(at: datetime) -> str:
    """«24 Nov 2026, 14:05:09»."""
    return date_format(_here(at), "j M Y, H:i:s")


def relative(at: datetime, now: datetime) -> str:
    """«3 min ago», «in 2 h»; "" a day away and further."""
    seconds = (now - at).total_seconds()
    if abs(seconds) >= DAY:
        return ""
    if abs(seconds) < 60:
        return _("just now") if seconds >= 0 else _("in a moment")
    length = _length(abs(seconds))
    return (
        _("%(length)s ago") % {"length": length} if seconds > 0 else _("in %(length)s") % {"length": length}
    )


def _length(seconds: float) -> str:
    if seconds < 3600:
        return _("%(n)d min") % {"n": seconds // 60}
    return _("%(n)d h") % {"n": seconds // 3600}


def duration(ms: int | None) -> str:
    """«340 ms», «1.2 s», «2 min», «3 h»."""
    if ms is None:
        return EMPTY
    if ms < 1000:
        return _("%(n)d ms") % {"n": ms}
    if ms < 60_000:
        return _("%(n)s s") % {"n": number_format(ms / 1000, 1)}
    return _length(ms / 1000)


def span(length: timedelta) -> str:
    """«17 h 12 min», «2 h», «45 s»: the two largest units, cut; a second one of 0 is left out."""
    seconds = int(length.total_seconds())
    units = [
        (_("%(n)d d"), seconds // 86_400),
        (_("%(n)d h"), seconds // 3600 % 24),
        (_("%(n)d min"), seconds // 60 % 60),
        (_("%(n)d s"), seconds % 60),
    ]
    first = next((place for place, (_unit, n) in enumerate(units) if n), len(units) - 1)
    largest, *second = units[first : first + 2]
    return " ".join(unit % {"n": n} for unit, n in (largest, *(each for each in second if each[1])))


def money(amount: Decimal | None, currency: str) -> str:
    """«1,250.00 EUR»: two decimals, or four where the amount has them."""
    if amount is None:
        return EMPTY
    places = 2 if amount == round(amount, 2) else 4
    return f"{number_format(amount, places, force_grouping=True)}\N{NO-BREAK SPACE}{currency}".rstrip()


def number(value: float | Decimal) -> str:
    """A number with its thousands grouped."""
    return number_format(value, force_grouping=True)


def count(value: int) -> str:
    """A count that went up to MOST + 1: «312», «1,000+»."""
    return number(value) if value <= MOST else f"{number(MOST)}+"


def leads(value: int) -> str:
    """«1 lead», «4,812 leads»."""
    return ngettext("%(n)s lead", "%(n)s leads", value) % {"n": number(value)}
