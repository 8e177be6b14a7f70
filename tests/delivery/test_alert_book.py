"""Alerts as rows and as a page: opened and closed by what is so, silenced by who looks after it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from delivery.alerts import book, letters
from delivery.alerts.book import Found
from delivery.alerts.matter import PLACES, Matter
from delivery.models import Alert, Lane
from delivery.tasks import forget_alerts
from partners.models import AuditEntry, User
from tests.factories import DeliverySettingsFactory, PartnerFactory, UserFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HERE, ACT = "/admin/delivery/alerts/", "/admin/delivery/alerts/acknowledge/"
Door = Callable[[str], Client]
A, B = Found("Acme", "12 of 12"), Found("Ben", "3 of 3")


def html(client: Client, path: str = HERE) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_open_alerts_are_what_is_so_now() -> None:
    """(minutes, what is found, what stays as it is, how many are opened, what is open then)."""
    turns: list[tuple[int, dict[str, Found], set[str], int, dict[str, str]]] = [
        (0, {"smtp:a": A, "smtp:b": B}, set(), 2, {"smtp:a": "12 of 12", "smtp:b": "3 of 3"}),
        (1, {"smtp:a": Found("Acme", "13 of 12")}, {"smtp:b"}, 0, {"smtp:a": "13 of 12", "smtp:b": "3 of 3"}),
        (2, {"smtp:a": A}, set(), 0, {"smtp:a": "12 of 12"}),
        (61, {"smtp:a": A, "smtp:b": B}, set(), 0, {"smtp:a": "12 of 12"}),
        (63, {"smtp:b": B}, set(), 1, {"smtp:b": "3 of 3"}),
        (64, {}, set(), 0, {}),
    ]
    for minutes, found, still, opened, left in turns:
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            assert book.keep("bounced", found, still=still) == opened
        assert dict(Alert.objects.filter(closed_at=None).values_list("key", "text")) == left
    Alert.objects.create(kind="lane_open", key="lane:1")
    assert book.keep("bounced", {}) == 0
    assert Alert.objects.filter(kind="lane_open", closed_at=None).exists()
    with time_machine.travel(NOON + timedelta(days=90, minutes=30), tick=False):
        assert forget_alerts() == 1
    assert Alert.objects.count() == 3


def test_acknowledged_alert_is_told_to_nobody_and_closes_as_ever(
    sign_in: Door, mailoutbox: list[EmailMessage]
) -> None:
    row = DeliverySettingsFactory.create(partner=PartnerFactory.create(name="Acme Solar"), host="a.example")
    UserFactory.create(email="a@example.com", admin=True)
    first, other = (Alert.objects.create(kind="lane_open", key=key) for key in (f"lane:{row.pk}", "smtp"))
    reminder = Alert.objects.create(kind="lane_open_hour", key=f"lane:{row.pk}")
    operator = sign_in("operator")
    text = html(operator)
    assert "Slowed for an hour" not in text
    assert [int(value) for value in re.findall(r'name="alerts" value="(\d+)"', text)] == [other.pk, first.pk]
    assert f'value="{other.pk},{first.pk}"' in text
    answer = operator.post(ACT, {"alerts": f"{first.pk},x,99999999999999999999"}, follow=True)
    assert answer.redirect_chain == [(HERE, 302)]
    for alert in (first, reminder):
        alert.refresh_from_db()
        assert alert.acknowledged_by == User.objects.get(groups__name="operator")
    entry = AuditEntry.objects.get(model="delivery.alert")
    assert (entry.name, entry.changes) == ("Slowed: Acme Solar (Webhook)", [{"what": "Acknowledge"}])
    assert "Slowed: Acme Solar (Webhook)" in html(operator, "/admin/audit/?kind=delivery.alert")
    shown = html(operator)
    assert "Acknowledged</span>" in shown
    assert f'value="{first.pk}"' not in shown
    letters.send()
    assert {letter.subject for letter in mailoutbox} == {"Slowed: The e-mail account"}
    assert "It is over already" in operator.post(ACT, {"alerts": str(first.pk)}, follow=True).content.decode()
    Alert.objects.filter(key=first.key).update(closed_at=NOON)
    assert "Acme Solar" not in html(operator)
    assert "Over</span>" in html(operator, f"{HERE}?show=all")
    viewer = sign_in("viewer")
    assert 'name="alerts"' not in html(viewer)
    assert viewer.post(ACT, {"alerts": str(other.pk)}).status_code == 403


def test_every_matter_leads_to_where_it_is_mended() -> None:
    keys = {"smtp": "smtp", "backlog": "backlog:5", "cap": "cap:assignment:7", "source": "source:0f1e"}
    keys |= {"unrouted": "unrouted:1", "stuck": "stuck:1", "key": "key:1", "secret": "secret:partner:5"}
    assert {*keys} == {*PLACES}
    for key in [*keys.values(), "backlog:email", "backlog:engines"]:
        path = Matter(Alert(kind="cap", key=key, name="Acme")).path
        assert resolve(path.partition("?")[0]).url_name


def test_dashboard_acknowledges_in_place(sign_in: Door) -> None:
    row = DeliverySettingsFactory.create()
    Lane.objects.create(settings=row, state="open", open_until=NOON, failing_since=NOON)
    alert = Alert.objects.create(kind="lane_open", key=f"lane:{row.pk}")
    operator = sign_in("operator")
    button = f'form="acknowledge" name="alerts" value="{alert.pk}"'
    assert button in html(operator, "/admin/")
    answer = operator.post(ACT, {"alerts": str(alert.pk), "from": "dashboard"}, follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert button not in answer.content.decode()
    assert f"Acknowledged by {User.objects.get(groups__name='operator')}" in answer.content.decode()


def test_page_asks_as_much_for_fifty_alerts_as_for_two(sign_in: Door) -> None:
    operator, asked = sign_in("operator"), []
    assert "All quiet" in html(operator)
    assert "No alert yet" in html(operator, f"{HERE}?show=all")
    for many in (2, 48):
        for _ in range(many):
            row = DeliverySettingsFactory.create()
            Alert.objects.create(kind="lane_open", key=f"lane:{row.pk}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            html(operator)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 10
    Alert.objects.create(kind="lane_open", key="smtp")
    assert "older=" in html(operator)
