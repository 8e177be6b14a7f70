"""Destinations: what concerns somebody first, in bounded queries, and what people do about it by role."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from delivery import hourly
from delivery.models import Job, Lane
from leadflip.kit import show
from partners.models import AuditEntry, DeliverySettings
from tests.factories import (
    AttemptFactory,
    DeliverySettingsFactory,
    JobFactory,
    PartnerFactory,
    SmtpAccountFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
HERE = "/admin/delivery/destinations/"
Door = Callable[[str], Client]


def lane(name: str, host: str, **health: object) -> DeliverySettings:
    row = DeliverySettingsFactory.create(partner=PartnerFactory.create(name=name), host=host)
    if health:
        Lane.objects.create(settings=row, **health)
    return row


def html(client: Client, path: str = HERE) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def slowed(**more: object) -> dict[str, object]:
    since = timezone.now() - timedelta(hours=2)
    return {"state": "open", "failures": 40, "failing_since": since, "open_until": timezone.now(), **more}


def test_what_concerns_somebody_stands_first_with_its_figures(sign_in: Door) -> None:
    fine, bad = lane("Well", "a.example.com"), lane("Bad", "z.example.com", **slowed())
    ana = UserFactory.create(name="Ana Petrova")
    at = timezone.now() - timedelta(hours=1)
    lane("Stopped", "b.example.com", paused_at=at, paused_by=ana)
    job = JobFactory.create(settings=bad, partner=bad.partner, failed=True)
    for number, outcome in enumerate(("delivered", "temporary", "temporary", "temporary"), 1):
        AttemptFactory.create(job=job, number=number, outcome=outcome, ms=100, started_at=timezone.now())
    JobFactory.create(settings=bad, partner=bad.partner, created_at=at)
    hourly.count()
    text = html(sign_in("operator"))
    assert [text.index(f"lane-{row.pk}") for row in (bad, fine)] == sorted(
        text.index(f"lane-{row.pk}") for row in (bad, fine)
    )
    for words in (
        "Of all destinations: 1 slowed, 1 paused.",
        "Last 24 hours: 25 % of 4 delivered, half within",
        "40 times.",
        f"Paused by Ana Petrova since {show.full_time(at)}.",
        "1 job waits",
        "due since 1 h",
        "All e-mail",
    ):
        assert words in text
    assert set(re.findall(r'id="((?:try|pause|resume)-\d+)"', text)) >= {f"try-{bad.pk}", f"pause-{fine.pk}"}
    one = html(sign_in("operator"), f"{HERE}{bad.pk}/")
    assert "?partner=" in one
    assert one.count('<th scope="row">') == 24
    assert one.count("#exchange") == 3


def test_quiet_is_said_and_viewers_only_look(sign_in: Door) -> None:
    row = lane("Well", "a.example.com")
    text = html(sign_in("viewer"))
    assert "All quiet" in text
    assert f"pause-{row.pk}" not in text
    for action in ("pause", "resume", "try"):
        assert sign_in("viewer").post(f"{HERE}{row.pk}/{action}/").status_code == 403
    assert sign_in("operator").post(f"{HERE}{row.pk}/delete/").status_code == 404


def test_pause_resume_and_try_are_done_once_and_said(sign_in: Door) -> None:
    operator, row = sign_in("operator"), lane("Bad", "z.example.com", **slowed())

    def press(action: str, **data: str) -> str:
        return operator.post(f"{HERE}{row.pk}/{action}/", data, follow=True).content.decode()

    job = JobFactory.create(
        settings=row, partner=row.partner, next_attempt_at=timezone.now() + timedelta(hours=1)
    )
    assert "tries it now" in press("try")
    assert Job.objects.get(pk=job.pk).next_attempt_at <= timezone.now()  # type: ignore[operator]  # it is due
    assert "Paused: its jobs wait" in press("pause", **{"from": "list"})
    assert "It is paused already" in press("pause")
    assert "It is not left alone any more" in press("try")
    assert "Resumed: one job goes first" in press("resume")
    assert Lane.objects.get(settings=row).state == "ramp"
    assert "It is not paused any more" in press("resume")


@pytest.mark.parametrize("where", ["admin", "environment"])
def test_account_is_paused_wherever_it_stands(sign_in: Door, settings: Settings, where: str) -> None:
    settings.SMTP_URL = ""
    operator = sign_in("operator")
    assert "There is no mail server yet" in html(operator, f"{HERE}0/")
    assert operator.post(f"{HERE}0/pause/").status_code == 404
    if where == "admin":
        SmtpAccountFactory.create(host="smtp.example.com", port=587)
    else:
        settings.SMTP_URL = "smtp+starttls://smtp.example.com:587"
        settings.SMTP_FROM = "leads@example.com"
    operator.post(f"{HERE}0/pause/")
    assert Lane.objects.get().smtp_id == 1
    assert "Pause: smtp.example.com:587" in str(AuditEntry.objects.latest("id").changes)
    assert "Resume All e-mail" in html(operator)


def test_poll_answers_only_what_changed(sign_in: Door) -> None:
    operator, row = sign_in("operator"), lane("Well", "a.example.com")
    text = html(operator)
    seen = re.findall(r'id="seen" value="(\w+)"', text)[0]
    ask = f"{HERE}now/?shown=0,{row.pk}&from=list&seen={seen}"
    assert operator.get(ask).status_code == 204
    Lane.objects.create(settings=row, **slowed())
    changed = html(operator, ask)
    assert f'id="state-{row.pk}" hx-swap-oob' in changed
    assert "1 slowed" in changed
    assert operator.get(f"{HERE}now/?shown=x,{'9' * 30}").status_code == 200


def test_pages_are_of_fifty_and_cost_the_same(sign_in: Door) -> None:
    operator = sign_in("operator")
    lane("First", "a.example.com")
    with CaptureQueriesContext(connection) as few:
        html(operator)
    rows = [lane(f"Partner {number}", f"h{number % 7}.example.com") for number in range(60)]
    Lane.objects.create(settings=rows[-1], **slowed())
    with CaptureQueriesContext(connection) as many:
        text = html(operator)
    assert len(many) == len(few) <= 10
    found = re.findall(r'id="lane-(\d+)"', text)
    assert found[:2] == [str(rows[-1].pk), "0"]
    after = re.findall(r"after=(\d+)", text)[0]
    with CaptureQueriesContext(connection) as more:
        rest = html(operator, f"{HERE}?after={after}")
    assert len(more) <= 10
    second = re.findall(r'id="lane-(\d+)"', rest)
    assert len({*found, *second}) == 62
    assert not {*found} & {*second}
    assert "Well" not in html(operator, f"{HERE}?after=999999")


def test_all_of_a_partner_are_paused_and_resumed_at_once(sign_in: Door) -> None:
    first = lane("Acme", "a.example.com", **slowed(paused_at=timezone.now()))
    second = DeliverySettingsFactory.create(partner=first.partner, scope="assignment:1", host="b.example.com")
    DeliverySettingsFactory.create(partner=first.partner, kind="email")
    other = lane("Other", "a.example.com")
    JobFactory.create(settings=second, partner=first.partner, retrying=True)
    client, way = sign_in("operator"), f"{HERE}partner/{first.partner_id}/"
    assert f'href="{way}pause/"' in html(client, f"{HERE}{second.pk}/")
    assert f'href="{way}pause/"' in html(client, f"/admin/partners/partner/{first.partner_id}/change/")
    page = html(client, f"{way}pause/")
    for told in ("Pause 1 destination", "1 job waits for them now", "still routed", "all e-mail is one"):
        assert told in page, told
    answer = client.post(f"{way}pause/", follow=True)
    assert "1 destination was paused" in answer.content.decode()
    paused = Lane.objects.filter(paused_at__isnull=False)
    assert set(paused.values_list("settings", flat=True)) == {first.pk, second.pk}
    assert "there is nothing to pause" in html(client, f"{way}pause/")
    assert "Resume 2 destinations" in html(client, f"{way}resume/")
    assert "2 destinations were resumed" in client.post(f"{way}resume/", follow=True).content.decode()
    assert not paused.exists()
    assert not Lane.objects.filter(settings=other).exists()
    assert "nothing left to do" in client.post(f"{way}resume/", follow=True).content.decode()
    assert client.get(f"{way}shred/").status_code == 404
