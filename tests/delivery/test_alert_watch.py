"""What delivery watches: backlogs that grow and those that are worked off, e-mail that cannot leave."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings

from delivery.alerts import backlog
from delivery.alerts import watch as watching
from delivery.alerts.backlog import Waiting, growing
from delivery.models import Alert, Engine, Job, Lane
from delivery.tasks import watch
from leadflip.kit.ids import uuid7
from partners.models import DeliverySettings
from tests.factories import DeliverySettingsFactory, JobFactory, PartnerFactory, SmtpAccountFactory


@pytest.fixture(autouse=True)
def _no_sample(db: None) -> Iterator[None]:
    cache.delete(backlog.SAMPLE)
    yield
    cache.delete(backlog.SAMPLE)


def live() -> None:
    now = timezone.now()
    Engine.objects.create(id=uuid7(), host="one", pid=1, started_at=now, seen_at=now)


def lane(name: str, minutes: float, jobs: int = 1, **fields: object) -> DeliverySettings:
    row = DeliverySettingsFactory.create(partner=PartnerFactory.create(name=name), **fields)
    for _ in range(jobs):
        JobFactory.create(settings=row, partner=row.partner, kind=row.kind)
    due(row, minutes)
    return row


def due(row: DeliverySettings, minutes: float) -> None:
    # A test is one transaction, whose now() is some seconds old.
    since = timezone.now() - timedelta(minutes=minutes, seconds=20)
    Job.objects.filter(settings=row).update(next_attempt_at=since)


def earlier(seconds: float, then: dict[int, tuple[float, int]]) -> None:
    cache.set(backlog.SAMPLE, (timezone.now().timestamp() - seconds, then), 900)


def open_keys(kind: str = "backlog") -> list[str]:
    return sorted(Alert.objects.filter(kind=kind, closed_at=None).values_list("key", flat=True))


@pytest.mark.parametrize(
    ("seconds", "before", "grown"),
    [
        (300, {}, True),
        (300, {1: (100.0, 5)}, True),
        (300, {1: (100.0, 6)}, False),
        (300, {1: (500.0, 5)}, False),
        (421, {}, False),
        (299, {}, None),
    ],
    ids=["was not there", "waits longer", "fewer jobs", "waits less long", "stood still", "too early"],
)
def test_backlog_grows_where_as_many_wait_longer(
    seconds: int, before: dict[int, tuple[float, int]], grown: bool | None
) -> None:
    waiting = Waiting(1, "webhook", "Acme", 400.0, 5)
    found = growing((1000.0, before), [waiting], 1000.0 + seconds)
    assert (None if found is None else found == [waiting]) == grown
    assert growing(None, [waiting], 1000.0) == []


def test_growing_backlogs_are_told_by_lane_and_those_of_other_alerts_are_not() -> None:
    live()
    slow = lane("Acme Solar", 7, jobs=3)
    slowed, paused, young = lane("Slowed", 30), lane("Paused", 30), lane("Young", 4)
    soon = timezone.now()
    Lane.objects.create(settings=slowed, state="open", open_until=soon, failing_since=soon)
    Lane.objects.create(settings=paused, paused_at=soon)
    for number in range(2):
        lane(f"Letter {number}", 9, kind="email")
    assert (backlog.look(), open_keys()) == (0, [])
    earlier(310, {})
    assert backlog.look() == 2
    assert open_keys() == [f"backlog:{slow.pk}", "backlog:email"]
    alert = Alert.objects.get(key=f"backlog:{slow.pk}")
    assert alert.name == "Acme Solar (Webhook)"
    assert alert.text == "3 leads are due, the first for 7 min by now: more come in than are taken."
    due(slow, 2)
    Job.objects.filter(kind="email").update(next_attempt_at=timezone.now())
    backlog.look()
    assert open_keys() == [f"backlog:{slow.pk}"]
    due(slow, 0)
    backlog.look()
    assert open_keys() == []
    assert young.pk


def test_standstill_of_all_is_one_matter() -> None:
    lane("Acme Solar", 2)
    assert (backlog.look(), open_keys()) == (0, [])
    lane("Ben", 8)
    backlog.look()
    [alert] = Alert.objects.all()
    assert str(alert) == "Backlog growing: All delivery"
    assert "No worker shows a sign of life, and the first lead is due for 8 min." in alert.text
    live()
    backlog.look()
    assert open_keys() == []


def test_mail_that_cannot_leave(settings: Settings) -> None:
    settings.SMTP_URL = ""
    live()
    row = DeliverySettingsFactory.create(kind="email")
    row.partner.default_settings = row
    row.partner.save()
    assert watch() == 1
    alert = Alert.objects.get(kind="smtp_unset")
    assert alert.text == "No mail server is set, and 1 partner gets e-mail."
    SmtpAccountFactory.create()
    watch()
    assert open_keys("smtp_unset") == []


def test_look_that_fails_keeps_no_other_from_being_done() -> None:
    def broken() -> int:
        raise RuntimeError

    assert watching.run([broken, lambda: 3]) == 3
