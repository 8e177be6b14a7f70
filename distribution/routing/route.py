"""From a lead to its jobs: every enabled profile of its entity decides once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from distribution.models import Decision, Lead
from distribution.models.lead import Routing
from distribution.routing import compiled, record
from distribution.routing.case import CompiledProfile, World
from distribution.routing.compiled import Broken
from distribution.routing.decide import Decided, decide
from leadflip.kit import clock
from leadflip.kit.trace import where
from partners.models.revision import Revision

log = structlog.get_logger(__name__)

# A lead whose routing failed is tried again after 5 s, 10 s, 20 s … 15 min, without end.
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)

Made = list[tuple[CompiledProfile, Decided]]


def route(lead: Lead, *, revision: int | None = None, fresh: bool = False) -> None:
    """Lets each profile that has not decided this lead decide it, and places the jobs.

    Raises for nothing that routing does: what fails leaves no trace but a lead that waits for its
    next turn. A profile that fails does not keep the others from deciding. Safe to repeat.

    Call it in a transaction that took `hold_shared()` first and in which the lead is locked or new.
    `revision` saves a query when it is known; `fresh` says that nothing was decided yet.
    """
    try:
        with transaction.atomic():
            _reconcile(lead, revision or Revision.current(), fresh)
    except Exception as error:
        _postpone(lead, error)


def _reconcile(lead: Lead, revision: int, fresh: bool) -> None:
    plan = compiled.current(lead.entity_id, revision)
    earlier = {} if fresh else dict(Decision.objects.filter(lead=lead).values_list("profile_id", "verdicts"))
    undecided = [profile for profile in plan.profiles if profile.profile_id not in earlier]
    made, error = _decide(lead, undecided, plan.world)
    record.write(lead, made, revision=revision, at=clock.now())
    _check()
    if error:
        _postpone(lead, error)
    else:
        chosen = any(decided.picks for _profile, decided in made) or any(map(_chose, earlier.values()))
        _settle(lead, Routing.ROUTED if chosen else Routing.UNMATCHED)


def _decide(
    lead: Lead, profiles: Sequence[CompiledProfile | Broken], world: World
) -> tuple[Made, Exception | None]:
    """What each profile decides, and the last error of those that could not."""
    made: Made = []
    failed: Exception | None = None
    for profile in profiles:
        try:
            made.append(_one(lead, profile, world))
        except Exception as error:
            failed = error
    return made, failed


def _one(lead: Lead, profile: CompiledProfile | Broken, world: World) -> tuple[CompiledProfile, Decided]:
    if isinstance(profile, Broken):
        raise profile.error
    return profile, decide(lead.values, profile, world, clock.now())


def _chose(verdicts: list[list[Any]]) -> bool:
    return any(verdict[1] == "chosen" for verdict in verdicts)


def _check() -> None:
    """Foreign keys are checked at the commit; here, a dangling one still fails alone."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _settle(lead: Lead, routing: Routing) -> None:
    if (lead.routing, lead.routing_due) == (routing, None):
        return
    _update(lead, routing=routing, routing_due=None, routing_tries=0, routing_error="")


def _postpone(lead: Lead, error: Exception) -> None:
    """Due by the database's clock. The error's text may hold values: only its class is kept."""
    name = type(error).__name__
    log.error("routing_failed", lead=str(lead.pk), error=name, where=where(error), tries=lead.routing_tries)
    _update(
        lead,
        routing=Routing.WAITING,
        routing_due=Now() + min(FIRST_WAIT * 2 ** min(lead.routing_tries, 10), LONGEST_WAIT),
        routing_tries=F("routing_tries") + 1,
        routing_error=_("Routing stopped with %(error)s; it is tried again.") % {"error": name},
    )


def _update(lead: Lead, **columns: Any) -> None:
    lead.routing = columns["routing"]
    Lead.objects.filter(pk=lead.pk).update(updated_at=clock.now(), **columns)
