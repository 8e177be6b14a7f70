"""Call-backs: each answer of a partner reaches the source of the lead, signed, once, and never another's."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from delivery.signing import signature
from distribution import callbacks
from distribution.models import ApiKey, Callback
from distribution.tasks import forget_callbacks, send_callbacks
from leadflip.kit import clock
from partners.models import AuditEntry, Member
from portal import services
from portal.models import Entry
from tests import factories as f
from tests.forms import submit
from tests.servers.behaviours import reply
from tests.servers.http import HttpServer

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def server(settings: Settings) -> Iterator[HttpServer]:
    settings.OUTGOING_ALLOW = ["127.0.0.1/32"]
    with HttpServer() as running, time_machine.travel(NOON, tick=False):
        yield running


def a_key(url: str, **given: Any) -> ApiKey:
    key = f.ApiKeyFactory.create(callback_url=url, **given)
    key.put_callback_secret(SECRET)
    key.save()
    return key


def answered(key: ApiKey | None, review: str = "accepted", reason: str = "") -> Entry:
    entry = f.EntryFactory.create(lead=f.LeadFactory.create(api_key=key), partner__name="Acme")
    user = f.UserFactory.create()
    f.MemberFactory.create(user=user, partner=entry.partner, role=Member.Role.OWNER)
    return services.answer(
        entry_id=entry.id,
        partner_id=entry.partner_id,
        user=user,
        review=review,
        reason=reason,
        note="Call Ana",
        at=clock.now(),
    )


def test_answer_is_told_once_and_signed(server: HttpServer) -> None:
    entry = answered(a_key(f"{server.url}answers"), "rejected", "unreachable")
    assert (send_callbacks(), send_callbacks()) == (1, 0)
    (request,) = server.requests
    assert request.json() == {
        "type": "lead.answered",
        "timestamp": "2026-11-25T12:00:00.000Z",
        "data": {"lead_id": str(entry.lead_id), "review": "rejected", "reason": "unreachable"},
    }
    id, stamp = str(request.header("webhook-id")), int(request.header("webhook-timestamp") or 0)
    assert request.header("webhook-signature") == signature(SECRET, id, stamp, request.body)
    assert request.path == "/answers"


def test_taken_back_is_told_too(server: HttpServer) -> None:
    entry = answered(a_key(server.url))
    assert entry.answered_by is not None
    services.undo(
        entry_id=entry.id,
        partner_id=entry.partner_id,
        user=entry.answered_by,
        review="accepted",
        at=clock.now(),
    )
    assert send_callbacks() == 2
    assert [request.json()["data"]["review"] for request in server.requests] == ["accepted", "pending"]


def test_partner_is_named_to_keys_that_may_know(server: HttpServer) -> None:
    answered(a_key(server.url, audit=True))
    send_callbacks()
    assert server.requests[0].json()["data"]["partner"] == "Acme"


@pytest.mark.parametrize("sends", ["no key", "a key without an address"])
def test_nobody_is_told_without_an_address(server: HttpServer, sends: str) -> None:
    answered(f.ApiKeyFactory.create() if sends != "no key" else None)
    assert not Callback.objects.exists()


def test_refused_one_is_tried_again_with_the_same_id_until_a_day_is_over(server: HttpServer) -> None:
    """(minutes, answers)."""
    answered(a_key(server.url))
    turns: list[tuple[float, list[int]]] = [(0, [500]), (0.1, []), (0.2, [410]), (1, []), (1.3, [503])]
    for minutes, answers in turns:
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            server.script(*(reply(status) for status in answers))
            before = len(server.requests)
            send_callbacks()
            assert len(server.requests) - before == len(answers)
    assert len({request.header("webhook-id") for request in server.requests}) == 1
    with time_machine.travel(NOON + timedelta(hours=25), tick=False):
        server.script(reply(500))
        send_callbacks()
    row = Callback.objects.get()
    assert (row.due, row.taken_at, row.said) == (None, None, "http_5xx")


def test_source_that_does_not_answer_holds_up_no_other(server: HttpServer) -> None:
    dead = a_key("http://127.0.0.1:1/")
    for _ in range(3):
        answered(dead)
    answered(a_key(server.url))
    assert send_callbacks() == 1
    assert len(server.requests) == 1
    assert sorted(Callback.objects.filter(api_key=dead).values_list("tries", flat=True)) == [0, 0, 1]


def test_slow_source_is_left_for_the_next_run(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    key = a_key(server.url)
    answered(key), answered(key)
    monkeypatch.setattr(callbacks, "SECONDS", -1)
    assert send_callbacks() == 1
    with time_machine.travel(NOON + timedelta(seconds=callbacks.WAITS[0]), tick=False):
        assert send_callbacks() == 1
    assert len({request.header("webhook-id") for request in server.requests}) == 2


def test_run_that_dies_is_repeated_after_its_lease(server: HttpServer) -> None:
    answered(a_key(server.url))
    with mock.patch("distribution.callbacks._settle", side_effect=SystemExit), pytest.raises(SystemExit):
        send_callbacks()
    assert send_callbacks() == 0
    with time_machine.travel(NOON + callbacks.LEASE, tick=False):
        assert send_callbacks() == 1
    assert len({request.header("webhook-id") for request in server.requests}) == 1


def test_address_that_may_not_be_reached_is_not_reached(server: HttpServer, settings: Settings) -> None:
    answered(a_key(server.url))
    settings.OUTGOING_ALLOW = []
    assert send_callbacks() == 0
    assert server.requests == []


def test_old_ones_go(server: HttpServer) -> None:
    answered(a_key(server.url))
    send_callbacks()
    assert forget_callbacks() == 0
    with time_machine.travel(NOON + timedelta(days=31), tick=False):
        assert forget_callbacks() == 1


def test_secret_is_made_with_the_address_and_shown_once(desk: Client) -> None:
    key = f.ApiKeyFactory.create(name="Landing page")
    page = f"/admin/distribution/apikey/{key.pk}/change/"
    answer = submit(desk, page, {"callback_url": "ftp://x"})
    assert "only https:// and http:// are used" in answer.content.decode()
    answer = submit(desk, page, {"callback_url": "https://source.example.com/answers"})
    assert answer.headers["Location"] == reverse("admin:once")
    shown = desk.get(reverse("admin:once")).content.decode()
    key.refresh_from_db()
    (entry,) = key.callback_secrets()
    assert entry["secret"] in shown
    for path in (reverse("admin:once"), page, f"/admin/distribution/apikey/{key.pk}/history/"):
        assert entry["secret"] not in desk.get(path).content.decode()
    assert entry["secret"] not in str(list(AuditEntry.objects.values("changes")))
    assert submit(desk, page, {"new_secret": "on"}).headers["Location"] == reverse("admin:once")
    key.refresh_from_db()
    assert key.callback_secrets() != [entry]
    submit(desk, page, {"callback_url": ""})
    key.refresh_from_db()
    assert key.callback_secrets() == []
