"""Alerts become letters: to whom, what they say, how often, and what they do without a mail server."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from delivery.alerts import letters
from delivery.alerts.topics import TOPICS, choose
from delivery.models import Alert, AlertChoice, Lane
from delivery.tasks import send_alerts
from leadflip.kit import clock
from partners.models import AuditEntry, DeliverySettings, User
from partners.roles import OPERATOR, VIEWER
from tests.factories import (
    DeliverySettingsFactory,
    JobFactory,
    PartnerFactory,
    SmtpAccountFactory,
    UserFactory,
)
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def operator() -> str:
    person = UserFactory.create(email="operator@example.com", is_staff=True)
    person.groups.add(Group.objects.get(name=OPERATOR))
    return person.email


@pytest.fixture
def lane() -> DeliverySettings:
    """A webhook that was found dead two minutes ago, with two leads that wait."""
    partner = PartnerFactory.create(name="Acme Solar", contact_email="it@acme.example")
    row = DeliverySettingsFactory.create(
        partner=partner, config={"url": "https://crm.example.com/in?key=k-93b1"}, host="crm.example.com"
    )
    slowed(row)
    for _ in range(2):
        JobFactory.create(
            partner=partner, settings=row, last_error="crm.example.com answered with status 503."
        )
    return row


def slowed(row: DeliverySettings) -> None:
    since = clock.now() - timedelta(minutes=2)
    until = clock.now() + timedelta(minutes=5)
    Lane.objects.create(
        settings=row, state="open", failures=9, failing_since=since, opens=1, open_until=until
    )
    opened(row)


def opened(row: DeliverySettings, kind: str = "lane_open") -> Alert:
    return Alert.objects.create(kind=kind, key=f"lane:{row.pk}", opened_at=clock.now())


def test_operators_and_the_partner_hear_of_it_once(
    lane: DeliverySettings, operator: str, mailoutbox: list[EmailMessage]
) -> None:
    viewer = UserFactory.create(email="viewer@example.com", is_staff=True)
    viewer.groups.add(Group.objects.get(name=VIEWER))
    assert send_alerts() == 2
    ours, theirs = mailoutbox
    assert (ours.to, theirs.to) == ([operator], ["it@acme.example"])
    assert ours.subject == "Slowed: Acme Solar (Webhook)"
    assert "Failing since 25 Nov 2026, 11:58 UTC, 9 times in a row." in ours.body
    assert "The last try: crm.example.com answered with status 503." in ours.body
    assert (
        "2 leads wait. Nothing is lost: it is tried again by itself, next at 25 Nov 2026, 12:05 UTC."
        in ours.body
    )
    assert f"http://127.0.0.1:8000/admin/partners/partner/{lane.partner_id}/change/" in ours.body
    assert theirs.subject == "Your endpoint crm.example.com does not take leads"
    assert "status 503" in theirs.body
    assert not any("k-93b1" in str(letter.body) for letter in mailoutbox)
    assert send_alerts() == 0
    assert Alert.objects.get().sent_at == NOON


def test_lanes_of_one_host_stand_together_in_one_letter(
    lane: DeliverySettings, operator: str, mailoutbox: list[EmailMessage]
) -> None:
    for name, host in (("Other", "other.example.com"), ("Twin", "crm.example.com")):
        slowed(DeliverySettingsFactory.create(partner=PartnerFactory.create(name=name), host=host))
    send_alerts()
    assert mailoutbox[0].subject == "3 alerts"
    heads = [line for line in mailoutbox[0].body.splitlines() if line.startswith("Slowed: ")]
    assert [head.split(", ")[1] for head in heads] == [
        "crm.example.com",
        "crm.example.com",
        "other.example.com",
    ]


def test_partner_hears_of_an_outage_once(
    lane: DeliverySettings, operator: str, mailoutbox: list[EmailMessage]
) -> None:
    send_alerts()
    Alert.objects.update(closed_at=clock.now())
    later = {1: ("lane_open_hour", [operator]), 2: ("lane_open", [operator])}
    later[27] = ("lane_open", [operator, "it@acme.example"])
    for hours, (kind, addresses) in later.items():
        mailoutbox.clear()
        with time_machine.travel(NOON + timedelta(hours=hours), tick=False):
            opened(lane, kind)
            send_alerts()
            Alert.objects.update(closed_at=clock.now())
        assert [address for letter in mailoutbox for address in letter.to] == addresses


def test_partner_whose_endpoint_came_back_is_not_bothered(
    lane: DeliverySettings, operator: str, mailoutbox: list[EmailMessage]
) -> None:
    Lane.objects.all().delete()
    opened(lane, "recovered")
    send_alerts()
    [letter] = mailoutbox
    assert "It delivers again by now." in letter.body
    assert (
        "Delivers again: Acme Solar (Webhook), crm.example.com\nWhat waited is being sent now." in letter.body
    )


def test_account_and_what_came_back(operator: str, mailoutbox: list[EmailMessage]) -> None:
    Alert.objects.create(kind="lane_open", key="smtp")
    row = DeliverySettingsFactory.create(partner=PartnerFactory.create(name="Ben"), kind="email", config={})
    opened(row, "bounced")
    Alert.objects.create(kind="lane_open", key="lane:999999")
    send_alerts()
    [letter] = mailoutbox
    assert letter.subject == "2 alerts"
    assert "Slowed: The e-mail account" in letter.body
    assert "A letter came back: Ben (Email)\n" in letter.body


def test_old_alerts_are_left(lane: DeliverySettings, operator: str, mailoutbox: list[EmailMessage]) -> None:
    Alert.objects.update(opened_at=NOON - timedelta(days=1))
    assert send_alerts() == 0
    assert mailoutbox == []


def test_without_a_mail_server_alerts_wait(lane: DeliverySettings, operator: str, settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.SMTP_URL = "delivery.smtp.backend.Backend", ""
    assert letters.send() == 0
    with SmtpServer() as server:
        account = SmtpAccountFactory.create(port=server.port)
        server.on("MAIL", "451 4.3.0 Later", times=None)
        assert send_alerts() == 0
    assert not Alert.objects.exclude(sent_at=None).exists()
    with SmtpServer() as server:
        account.port = server.port
        account.save()
        server.on("RCPT", "550 5.1.1 Nobody here")
        assert send_alerts() == 1
    assert [mail.recipients for mail in server.mails] == [("it@acme.example",)]
    assert Alert.objects.get().sent_at is not None


def test_letter_that_every_address_refuses_is_not_sent_again_each_minute(
    lane: DeliverySettings, operator: str, settings: Settings
) -> None:
    settings.EMAIL_BACKEND, settings.SMTP_URL = "delivery.smtp.backend.Backend", ""
    with SmtpServer() as server:
        SmtpAccountFactory.create(port=server.port)
        server.on("RCPT", "550 5.1.1 Nobody here", times=None)
        assert send_alerts() == 0
    assert Alert.objects.get().sent_at is not None


def test_people_are_mailed_of_what_they_chose(
    sign_in: Callable[[str], Client], mailoutbox: list[EmailMessage], lane: DeliverySettings
) -> None:
    """Admins and operators of all, until they choose; viewers of nothing, until they do."""
    Alert.objects.create(kind="cap", key="cap:partner:1", name="Acme", text="12 of 12 today.")
    Alert.objects.create(kind="lane_open_hour", key="smtp")
    all_of_it = UserFactory.create(email="all@example.com", admin=True)
    here = "/admin/delivery/alerts/mine/"
    chosen = {"operator": ["cap", "key"], "viewer": ["mail"]}
    for role, topics in chosen.items():
        client = sign_in(role)
        text = client.get(here).content.decode()
        assert text.count("checked") == (8 if role == "operator" else 0)
        assert client.post(here, {"topics": ["nothing"]}).status_code == 422
        assert client.post(here, {"topics": topics}).status_code == 302
        assert client.get(here).content.decode().count("checked") == len(topics)
        person = User.objects.get(groups__name=role)
        User.objects.filter(pk=person.pk).update(email=f"{role}@example.com")
        choose(person=person, topics=topics)
        [change] = AuditEntry.objects.get(user=person).changes
        assert (change["what"], "A cap is reached" in change["new"]) == ("Alerts by mail", role == "operator")
    choose(person=UserFactory.create(email="quiet@example.com", admin=True), topics=[])
    assert not AlertChoice.objects.filter(user__email="quiet@example.com", wanted=True).exists()
    letters.send()
    said = {letter.to[0]: letter.subject for letter in mailoutbox}
    assert said == {
        all_of_it.email: "3 alerts",
        "operator@example.com": "Cap reached: Acme",
        "viewer@example.com": "Slowed for an hour: The e-mail account",
        "it@acme.example": "Your endpoint crm.example.com does not take leads",
    }
    assert {*TOPICS} == {*Alert.Kind.values}
    assert here in next(letter.body for letter in mailoutbox if letter.to == [all_of_it.email])
