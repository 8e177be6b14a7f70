"""Attempts are counted by login and by place; the lock-out says how long; without Redis it still holds."""

import logging
from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from leadflip.kit.sharedcache import SharedCache
from partners.accounts import limits
from tests.factories import UserFactory
from tests.partners.accounts.steps import ADMIN, ASK, PORTAL, sign_in, way
from tests.people import PASSWORD

LOCKED = "Too many wrong attempts. Signing in works again in"
WHO = "staff@example.com"


@pytest.fixture(autouse=True)
def _person(db: None) -> None:
    UserFactory.create(email=WHO, is_staff=True, password=PASSWORD)


@pytest.fixture
def no_redis(settings: Settings) -> Iterator[None]:
    """The cache as it is while nothing listens where Redis should be."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    yield
    cache.clear()
    SharedCache.away_until = 0.0


def fail(client: Client, times: int, **more: str) -> None:
    for _ in range(times):
        assert LOCKED not in sign_in(client, ADMIN, WHO, "wrong", **more).text


def test_lock_out_says_how_long(client: Client) -> None:
    with time_machine.travel("2026-11-24 10:00:00Z", tick=False) as clock:
        fail(client, 5)
        assert f"{LOCKED} 5 minutes" in sign_in(client, ADMIN, WHO).text
        clock.shift(200)
        assert f"{LOCKED} 2 minutes" in sign_in(client, ADMIN, WHO).text
        clock.shift(101)
        assert way(sign_in(client, ADMIN, WHO)) == "/admin/"


def test_lock_out_is_the_same_for_no_login(client: Client) -> None:
    for _ in range(5):
        sign_in(client, ADMIN, "nobody@example.com", "wrong")
    assert f"{LOCKED} 5 minutes" in sign_in(client, ADMIN, "nobody@example.com").text


def test_lock_out_holds_at_both_doors_and_in_capitals(client: Client) -> None:
    fail(client, 5)
    assert LOCKED in sign_in(client, PORTAL, " STAFF@example.com ").text


def test_lock_out_cannot_be_passed_by_another_host_header(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    for port in range(1, 6):
        client.post(reverse(ADMIN), {"login": WHO, "password": "wrong"}, HTTP_HOST=f"localhost:{port}")
    again = client.post(reverse(ADMIN), {"login": WHO, "password": "wrong"}, HTTP_HOST="localhost:9")
    assert LOCKED in again.text


def test_one_login_is_locked_and_others_are_not(client: Client) -> None:
    UserFactory.create(email="other@example.com", is_staff=True, password=PASSWORD)
    fail(client, 5)
    assert way(sign_in(client, ADMIN, "other@example.com")) == "/admin/"


def test_right_passwords_do_not_count(client: Client) -> None:
    for _ in range(12):
        assert way(sign_in(Client(), ADMIN, WHO)) == "/admin/"
    fail(client, 5)


def test_one_place_may_not_try_many_logins(client: Client) -> None:
    for number in range(10):
        sign_in(client, ADMIN, f"{number}@example.com", "wrong")
    assert LOCKED in sign_in(client, ADMIN, "11@example.com", "wrong").text


def test_a_flood_reads_the_page_of_429(client: Client) -> None:
    for _ in range(30):
        sign_in(client, ADMIN, "", "")
    page = sign_in(client, ADMIN, "", "")
    assert (page.status_code, page.headers["Retry-After"]) == (429, "60")
    assert "<h1>Too many requests in a short time</h1>" in page.text
    assert client.get(reverse(ADMIN)).status_code == 200


def test_asking_for_letters_is_limited_by_address(client: Client) -> None:
    answers = [client.post(reverse(ASK), {"email": "x@example.com"}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first entry is whatever the client wrote
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "127.0.0.1"),  # came past one of the two
        (1, "", "127.0.0.1"),
        (1, "nonsense", limits.UNKNOWN),
    ],
)
def test_address_is_believed_as_far_as_the_proxies_reach(proxies: int, forwarded: str, found: str) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded} if forwarded else None)
    assert limits.address(request, proxies) == found


def test_places_behind_a_proxy_are_counted_apart(client: Client, settings: Settings) -> None:
    settings.PROXIES = 1
    for number in range(10):
        sign_in_from(client, "203.0.113.1", f"{number}@example.com")
    assert LOCKED in sign_in_from(client, "203.0.113.1", "11@example.com")
    assert LOCKED not in sign_in_from(client, "203.0.113.2", "11@example.com")


def sign_in_from(client: Client, place: str, email: str) -> str:
    data = {"login": email, "password": "wrong"}
    return client.post(reverse(ADMIN), data, headers={"X-Forwarded-For": place}).text


def test_without_redis_people_come_in_and_attempts_are_counted(client: Client, no_redis: None) -> None:
    assert way(sign_in(Client(), ADMIN, WHO)) == "/admin/"
    fail(client, 5)
    assert f"{LOCKED} 5 minutes" in sign_in(client, ADMIN, WHO).text


def test_loss_of_redis_is_told_in_the_log_once(
    client: Client, no_redis: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        fail(client, 3)
    told = [record for record in caplog.records if "shared_cache_away" in str(record.msg)]
    assert len(told) == 1
