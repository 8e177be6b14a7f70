"""Who looks after what the dashboard says, and what can be acknowledged there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from delivery.models import Alert
from leadflip.kit.matters import KINDS, Matter

# Open alerts that one page asks for.
MOST = 500


@dataclass(frozen=True, slots=True)
class Need:
    """A matter of the dashboard. `free`: its alerts that nobody looks after, by id; `by`: who does so."""

    matter: Matter
    free: list[int] = field(default_factory=list)
    by: str = ""


def needs(matters: Sequence[Matter]) -> list[Need]:
    """The matters with their open alerts. One query, none where no matter has any."""
    kinds = {kind for matter in matters for kind in KINDS[matter.kind].alerts}
    rows = Alert.objects.filter(kind__in=kinds, closed_at=None).select_related("acknowledged_by")
    found = list(rows.order_by("-pk")[:MOST]) if kinds else []
    return [_need(matter, [a for a in found if a.kind in KINDS[matter.kind].alerts]) for matter in matters]


def _need(matter: Matter, alerts: Sequence[Alert]) -> Need:
    free = [alert.pk for alert in alerts if alert.acknowledged_at is None]
    people = [str(alert.acknowledged_by) for alert in alerts if alert.acknowledged_by]
    return Need(matter, free, "" if free else next(iter(people), ""))
