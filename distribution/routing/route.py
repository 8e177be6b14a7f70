"""From leads to their jobs: every enabled profile of a lead's entity decides once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least, Now
from django.utils.translation import gettext as _

from distribution.models import Decision, Lead
from distribution.models.lead import Routing
from distribution.routing import compiled, places, record
from distribution.routing.case import CompiledProfile, World
from distribution.routing.compiled import Broken, Plan
from distribution.routing.decide import decide
from distribution.routing.ledger import Ledger
from distribution.routing.places import Count
from distribution.routing.record import Made
from leadflip.kit import clock
from leadflip.kit.script import Script
from leadflip.kit.trace import where
from partners.models.revision import Revision

log = structlog.get_logger(__name__)

# A lead whose routing failed is tried again after 5 s, 10 s, 20 s … 15 min, without end.
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
# What its column can count: nearly a year of such waits.
MOST_TRIES = 32_767

# Foreign keys are checked at the commit; here, a dangling one still fails alone.
CHECK = "SET CONSTRAINTS ALL IMMEDIATE"


class Routable(Protocol):
    """What routing asks of a lead: a row of `Lead`, or one that is not stored yet."""

    @property
    def pk(self) -> UUID: ...
    @property
    def entity_id(self) -> int: ...
    @property
    def values(self) -> dict[str, Any]: ...
    @property
    def test(self) -> bool: ...

    routing: Any

    @property
    def routing_due(self) -> datetime | None: ...
    @property
    def routing_tries(self) -> int: ...


@dataclass(slots=True)
class Waiting:
    """A lead, its plan, and what was decided of it: before (by profile, whether it was chosen) and now."""

    lead: Routable
    plan: Plan
    earlier: Mapping[int, bool]
    made: list[Made] = field(default_factory=list)
    error: Exception | None = None

    @property
    def undecided(self) -> list[CompiledProfile | Broken]:
        """The profiles that have not decided it."""
        return [profile for profile in self.plan.profiles if profile.profile_id not in self.earlier]

    @property
    def settled(self) -> bool:
        """Whether its row says already what became of it."""
        lead = self.lead
        return not self.error and lead.routing_due is None and lead.routing == self.routing

    @property
    def routing(self) -> Routing:
        """What becomes of it: whether anybody got it."""
        chosen = any(made.decided.picks for made in self.made) or any(self.earlier.values())
        return Routing.ROUTED if chosen else Routing.UNMATCHED


def route(
    leads: Sequence[Routable],
    *,
    revision: int | None = None,
    fresh: bool = False,
    script: Script | None = None,
    last: bool = False,
) -> None:
    """Lets each profile that has not decided a lead decide it, and places the jobs; a test's are not placed.

    Raises for nothing that routing does: a lead that fails leaves no trace but that it waits for its
    next turn, and keeps no other from being routed; nor does a profile that fails. Safe to repeat.

    Call it in a transaction that took `hold_shared()` first and in which the leads are locked or new.
    `revision` saves a query when it is known; `fresh` says that nothing was decided yet; `script` stores
    the leads, and is sent together with what routing writes; `last` ends the transaction with it where
    nothing is left to do.
    """
    script = script or Script()
    script.savepoint()
    try:
        _together(leads, revision or Revision.current(), fresh, script, last)
    except Exception as error:
        script.undo(error)
        if len(leads) == 1:
            _postpone(leads[0], error)
            return
        for lead in leads:
            route([lead], revision=revision, fresh=fresh)


def _together(leads: Sequence[Routable], revision: int, fresh: bool, script: Script, last: bool) -> None:
    now = clock.now()
    decided = {} if fresh else _decided(leads)
    plans = {lead.entity_id: compiled.current(lead.entity_id, revision) for lead in leads}
    waiting = [Waiting(lead, plans[lead.entity_id], decided.get(lead.pk, {})) for lead in leads]
    _decide_exactly(waiting, now, script)
    record.write(script, [made for each in waiting for made in each.made], revision=revision, at=now)
    script.add(CHECK)
    if last and all(each.settled for each in waiting):
        script.commit()
    script.run()
    changed: dict[Routing, list[Routable]] = {}
    for each in waiting:
        if each.error:
            _postpone(each.lead, each.error)
        elif not each.settled:
            changed.setdefault(each.routing, []).append(each.lead)
    for routing, those in changed.items():
        _update(those, routing=routing, routing_due=None, routing_tries=0, routing_error="")


def _decided(leads: Sequence[Routable]) -> dict[UUID, dict[int, bool]]:
    """By lead, the profiles that decided it before, and whether they chose anybody."""
    found: dict[UUID, dict[int, bool]] = {}
    for lead, profile, verdicts in Decision.objects.filter(lead__in=[lead.pk for lead in leads]).values_list(
        "lead_id", "profile_id", "verdicts"
    ):
        by_profile = found.setdefault(lead, {})
        by_profile[profile] = by_profile.get(profile, False) or _chose(verdicts)
    return found


def _decide_exactly(waiting: Sequence[Waiting], now: datetime, script: Script) -> None:
    """Decides with the places as they are read; with all of them locked where that was not enough.

    Many leads at once begin with the locks: two such transactions would cross each other's.
    """
    profiles = {
        profile.profile_id: (profile, each.plan.world)
        for each in waiting
        for profile in each.undecided
        if isinstance(profile, CompiledProfile)
    }
    count = Count(list(profiles.values()), now)
    if count.any:
        script.run()  # what is locked and written from here on stands behind the savepoint
    if not count.spans or len(waiting) > 1:
        _decide(waiting, count, locked=True)
        return
    try:
        with transaction.atomic():
            _decide(waiting, count, locked=False)
    except places.Overrun:
        _decide(waiting, count, locked=True)


def _decide(waiting: Sequence[Waiting], count: Count, *, locked: bool) -> None:
    ledger = count.read(locked=locked)
    for each in waiting:
        each.made, each.error = _profiles(each, ledger, count.now)
    count.book(ledger)


def _profiles(each: Waiting, ledger: Ledger, now: datetime) -> tuple[list[Made], Exception | None]:
    """What each profile decides, and the last error of those that could not."""
    made: list[Made] = []
    failed: Exception | None = None
    for profile in each.undecided:
        try:
            made.append(_one(each.lead, profile, each.plan.world, ledger, now))
        except Exception as error:
            failed = error
    return made, failed


def _one(
    lead: Routable, profile: CompiledProfile | Broken, world: World, ledger: Ledger, now: datetime
) -> Made:
    if isinstance(profile, Broken):
        raise profile.error
    decided = decide(lead.values, profile, world, now, ledger)
    if not lead.test:
        ledger.take(decided.takes)
        if decided.credits is not None:
            ledger.turn(profile.profile_id, decided.credits)
    return Made(lead.pk, profile, decided, test=lead.test)


def _chose(verdicts: list[list[Any]]) -> bool:
    return any(verdict[0] == "chosen" for verdict in verdicts)


def _postpone(lead: Routable, error: Exception) -> None:
    """Due by the database's clock. The error's text may hold values: only its class is kept."""
    name = type(error).__name__
    log.error("routing_failed", lead=str(lead.pk), error=name, where=where(error), tries=lead.routing_tries)
    _update(
        [lead],
        routing=Routing.WAITING,
        routing_due=Now() + min(FIRST_WAIT * 2 ** min(lead.routing_tries, 10), LONGEST_WAIT),
        routing_tries=Least(F("routing_tries") + 1, MOST_TRIES),
        routing_error=_("Routing stopped with %(error)s; it is tried again.") % {"error": name},
    )


def _update(leads: Sequence[Routable], **columns: Any) -> None:
    for lead in leads:
        lead.routing = columns["routing"]
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(updated_at=clock.now(), **columns)
