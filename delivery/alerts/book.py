"""The alerts as rows: what is so now is opened, what is over is closed, and who looks after it is noted."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from delivery.alerts.matter import matters_of
from delivery.models import Alert
from leadflip.kit import clock
from leadflip.kit.retire import retire
from partners import audit
from partners.models import User

# A matter that is over and comes again is told of once an hour at most.
HOUR = timedelta(hours=1)
# Days.
KEPT = 90
REMINDERS = (Alert.Kind.OPEN_HOUR, Alert.Kind.OPEN_DAY)


class Found(NamedTuple):
    """A matter that is so now: what it is about, and how it stands, in words."""

    name: str
    text: str


@transaction.atomic
def keep(kind: str, found: Mapping[str, Found], *, still: Collection[str] = ()) -> int:
    """Makes the open alerts of `kind` those of `found`, by key; returns how many were opened.

    What is neither in `found` nor `still` so is closed. A matter that was over less than an hour ago waits:
    it is opened if it is so then.
    """
    now = clock.now()
    open_ = {alert.key: alert for alert in open_of(kind)}
    over = open_.keys() - found.keys() - set(still)
    Alert.objects.filter(pk__in=[open_[key].pk for key in over]).update(closed_at=now)
    moved = [alert for key, alert in open_.items() if key in found and _moved(alert, found[key])]
    Alert.objects.bulk_update(moved, ["name", "text"], batch_size=500)
    recent = Alert.objects.filter(kind=kind, key__in=found.keys() - open_.keys(), closed_at__gt=now - HOUR)
    fresh = found.keys() - open_.keys() - set(recent.values_list("key", flat=True))
    made = [Alert(kind=kind, key=key, opened_at=now, **_fit(found[key])) for key in sorted(fresh)]
    # Two at a time may look at the same.
    Alert.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


@transaction.atomic
def acknowledge(ids: Collection[int], *, by: User) -> int:
    """Somebody looks after these: nobody is told of them any more. Returns how many matters that are.

    A matter's other open records are silenced with it, and reminders that come later.
    """
    keys = set(waiting().filter(pk__in=ids).values_list("key", flat=True))
    held = list(waiting().filter(key__in=keys).order_by("pk").select_for_update(no_key=True))
    now = clock.now()
    Alert.objects.filter(pk__in=[alert.pk for alert in held]).update(acknowledged_at=now, acknowledged_by=by)
    first = {alert.key: alert for alert in reversed(held)}
    for matter in matters_of(first.values()):
        matter.alert.name = matter.who
    audit.acted(by=by, what=_("Acknowledge"), objects=first.values())
    return len(first)


def open_of(kind: str) -> QuerySet[Alert]:
    """Those of a kind that are so now."""
    return Alert.objects.filter(kind=kind, closed_at=None)


def waiting() -> QuerySet[Alert]:
    """Those that are so, and nobody looks after."""
    return Alert.objects.filter(closed_at=None, acknowledged_at=None)


def listed(*, whole: bool) -> QuerySet[Alert]:
    """Those that are so; `whole`: all that are kept. Without reminders of what stands there already."""
    rows = Alert.objects.select_related("acknowledged_by")
    rows = rows if whole else rows.filter(closed_at=None)
    lasted = Q(closed_at=None) | Q(closed_at__gt=OuterRef("opened_at"))
    same = Alert.objects.filter(lasted, kind=Alert.Kind.OPENED, key=OuterRef("key"))
    return rows.exclude(Exists(same.filter(opened_at__lte=OuterRef("opened_at"))), kind__in=REMINDERS)


def forget() -> int:
    """Removes what was over 90 days ago; returns how many."""
    return retire(Alert.objects.filter(closed_at__isnull=False), "closed_at", KEPT)


def _moved(alert: Alert, found: Found) -> bool:
    fit = _fit(found)
    changed = {name: value for name, value in fit.items() if getattr(alert, name) != value}
    for name, value in changed.items():
        setattr(alert, name, value)
    return bool(changed)


def _fit(found: Found) -> dict[str, str]:
    """As much of the words as the columns hold."""
    return {"name": found.name[:200], "text": found.text[:500]}
