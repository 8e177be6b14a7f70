"""A lane in words and bars: what the pages of destinations say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from delivery.models import Lane
from delivery.pages import words
from delivery.standing import FAILING, FINE, PAUSED, RAMP, SLOWED, Hour, Standing, in_all
from leadflip.kit import clock, show
from leadflip.kit.charts import Bar
from partners.models.settings import Kind

LOOKS: Mapping[int, tuple[str, Any]] = {
    SLOWED: ("failed", gettext_lazy("Slowed")),
    PAUSED: ("cancelled", gettext_lazy("Paused")),
    RAMP: ("retrying", gettext_lazy("Recovering")),
    FAILING: ("retrying", gettext_lazy("Failing")),
    FINE: ("delivered", gettext_lazy("Delivering")),
}


@dataclass(frozen=True)
class Row:
    """One lane as a page shows it. `can` holds what may be done with it now: "pause", "resume", "try"."""

    standing: Standing
    name: str
    host: str
    can: Sequence[str]
    can_not: str = ""

    @property
    def key(self) -> int:
        """Its place in addresses."""
        return self.standing.key

    @property
    def look(self) -> str:
        """The badge's."""
        return LOOKS[self.standing.rank][0]

    @property
    def label(self) -> str:
        """The badge's word."""
        return str(LOOKS[self.standing.rank][1])

    @property
    def lines(self) -> list[str]:
        """Since when, why nothing goes out, and what comes next."""
        return _lines(self.standing)

    @cached_property
    def _day(self) -> tuple[int, int, int | None, int | None]:
        return in_all(self.standing.hours)

    @property
    def rate(self) -> str:
        """«98 % of 412»; "" without an attempt."""
        delivered, tries, _half, _most = self._day
        if not tries:
            return ""
        part = show.number(100 * delivered // tries)
        return _("%(part)s %% of %(count)s") % {"part": part, "count": show.number(tries)}

    @property
    def half(self) -> int | None:
        """Milliseconds below which half of the attempts stay."""
        return self._day[2]

    @property
    def most(self) -> int | None:
        """Milliseconds below which 95 of 100 stay."""
        return self._day[3]

    @property
    def bars(self) -> list[Bar]:
        """The last 24 hours."""
        return [Bar("", hour.tries, hour.tries - hour.delivered) for hour in self.standing.hours]

    @property
    def table(self) -> list[Bar]:
        """The same with their words, the newest first."""
        return [_told(hour) for hour in reversed(self.standing.hours)]

    @property
    def said(self) -> str:
        """The picture's name: what it shows, in a sentence."""
        if not self.rate:
            return _("No attempt in the last 24 hours.")
        facts = {"rate": self.rate, "half": show.duration(self.half), "most": show.duration(self.most)}
        return (
            _("Last 24 hours: %(rate)s delivered, half within %(half)s, 95 of 100 within %(most)s.") % facts
        )

    @property
    def waits(self) -> str:
        """«1,000+ jobs wait»."""
        if not (count := self.standing.backlog):
            return _("Nothing waits")
        told = ngettext("%(count)s job waits", "%(count)s jobs wait", count)
        return told % {"count": show.count(count)}

    @property
    def waited(self) -> str:
        """How long the one that is due longest has been due; "" where none is."""
        due, now = self.standing.due, clock.now()
        if due is None or due > now:
            return ""
        return _("due since %(span)s") % {"span": show.span(now - due)}

    @property
    def log(self) -> str:
        """The log, filtered to it."""
        row = self.standing.settings
        which = f"partner={row.partner_id}&channel={row.kind}" if row else f"channel={Kind.EMAIL.value}"
        return f"{reverse('delivery:log')}?{which}"

    @property
    def mark(self) -> str:
        """Differs whenever its row would."""
        standing, lane = self.standing, self.standing.health
        parts = (standing.backlog, self.waited, self.label, lane and lane.open_until, lane and lane.failures)
        return f"{self.key}:{parts}"


def row_of(standing: Standing, may_act: bool, *, account: bool = False) -> Row:
    """The row; `account`: whether there is one, which can be paused."""
    settings = standing.settings
    if settings is None:
        can = _can(standing) if account else ()
        why = "" if account else _("There is no mail server yet: set one in the e-mail settings.")
        return Row(standing, _("All e-mail"), "", can if may_act else (), why if may_act else "")
    name = words.plain(settings.partner.name)
    if settings.scope:
        name = _("%(partner)s, one assignment alone") % {"partner": name}
    return Row(standing, name, settings.host or show.EMPTY, _can(standing) if may_act else ())


def _can(standing: Standing) -> tuple[str, ...]:
    if standing.rank == PAUSED:
        return ("resume",)
    lane = standing.health
    slowed = lane is not None and lane.state == Lane.State.OPEN
    return ("try", "pause") if slowed else ("pause",)


def _lines(standing: Standing) -> list[str]:
    lane = standing.health
    if lane is None or standing.rank == FINE:
        return []
    if lane.paused_at is not None:
        return [_("Paused %(how)s.") % {"how": words.pause(lane)}]
    if standing.rank == RAMP:
        return [_("It answers again, and gets more calls step by step.")]
    since = show.full_time(lane.failing_since) if lane.failing_since else show.EMPTY
    told = ngettext(
        "Failing since %(since)s, %(count)s time.", "Failing since %(since)s, %(count)s times.", lane.failures
    ) % {"since": since, "count": show.number(lane.failures)}
    return [told] if standing.rank == FAILING else [told, words.next_probe(lane)]


def _told(hour: Hour) -> Bar:
    delivered, tries, half, most = in_all([hour])
    part = _("%(part)s %%") % {"part": show.number(100 * delivered // tries)} if tries else show.EMPTY
    cells = (show.number(tries), part, show.duration(half), show.duration(most))
    return Bar(show.hour(hour.at), tries, tries - delivered, cells)
