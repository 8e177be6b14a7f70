"""Nobody learns of another partner by asking: what is there is answered as what is not.

Every URL of the portal that the resolver knows is asked for another partner's objects, and for ones that do
not exist. The number of queries stands for the time that an answer takes.
"""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from difflib import unified_diff
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from delivery.models import Attempt
from partners.models import May, Partner, User
from tests.factories import (
    AssignmentFactory,
    DeliverySettingsFactory,
    EntryEventFactory,
    EntryFactory,
    JobFactory,
    MemberFactory,
    PartnerFactory,
    UserFactory,
)
from tests.leadflip.doors import BODIES, QUERIES, House, patterns, quiet, undone

URLS = [url for url in patterns() if url.startswith("/portal/")]
# What names objects beside the path, in addresses and in forms; for the partner itself see `asked`.
NAMED = {
    "entity": "entity",
    "who": "user",
    "skipped": "entry_id",
    "older": "entry_id",
    "newest": "entry_id",
    "lead": "entry_id",
    "accept": "entry_id",
    "answer": "entry_id",
    "attempt": "attempt",
}
# Of a person for each request: the form's token, and ids of requests.
CHANGING = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")\w+|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'
)
OF_NOW = ("Content-Length", "Expires")
SKIPPED = ("--", "++", "@@")
NUMBERS = re.compile(r"(?:entity|who|attempt|partner)(?:=|%3D)\d+")
HEX = re.compile(r"\b[0-9a-f]{32}\b")


@pytest.fixture(scope="module")
def _quiet() -> Iterator[None]:
    with quiet():
        yield


@pytest.fixture
def house(db: None, _quiet: None) -> Iterator[House]:
    """Its partner has everything; the other one may do everything and has leads of its own."""
    # Pages say how long ago something was.
    with time_machine.travel(timezone.now(), tick=False):
        house = House()
        attempt = Attempt.objects.get(job=house.objects["job_id"])
        house.objects.update(user=house.people.owner.pk, attempt=attempt.pk)
        _furnish(house.people.foreign)
        yield house


def _furnish(partner: Partner) -> None:
    """May do everything, and has leads in its portal and by a webhook."""
    webhook = DeliverySettingsFactory.create(
        partner=partner, kind="webhook", config={"url": "https://crm.example.com/", "signing": True}
    )
    partner.may, partner.default_settings = May.values, webhook
    partner.save()
    DeliverySettingsFactory.create(partner=partner, kind="portal")
    _grow(partner)


def _grow(partner: Partner) -> None:
    """Leads, what happened to them, and a member more."""
    webhook, portal = (partner.delivery_settings.get(kind=kind, scope="") for kind in ("webhook", "portal"))
    for _ in range(2):
        EntryEventFactory.create(entry=EntryFactory.create(partner=partner, settings=portal))
        JobFactory.create(assignment=AssignmentFactory.create(partner=partner, settings=webhook), failed=True)
    MemberFactory.create(partner=partner)


def person(house: House, which: str) -> User | None:
    """Somebody who has no business with the house's partner."""
    if which == "anonymous":
        return None
    if which == "stranger":
        return house.people.stranger
    user = UserFactory.create()
    partner = house.people.foreign
    if which == "removed":
        MemberFactory.create(user=user, partner=house.people.partner, role="owner").delete()
    elif which == "reader":
        MemberFactory.create(user=user, partner=partner, role="reader")
    else:
        partner = PartnerFactory.create(active=False)
        _furnish(partner)
        MemberFactory.create(user=user, partner=partner, role="owner")
    return user


class Asker:
    """One person's browser, which is the same before each request."""

    def __init__(self, user: User | None) -> None:
        self._client = Client()
        if user is not None:
            self._client.force_login(user)
        self._cookies = copy(self._client.cookies)

    def ask(self, method: str, path: str, data: Mapping[str, Any]) -> tuple[Any, ...]:
        """All that the answer tells: status, headers, cookies, text, and how many queries it took."""
        self._client.cookies = copy(self._cookies)
        with undone(), CaptureQueriesContext(connection) as queries:
            answer = getattr(self._client, method)(path, data)
            body = answer.getvalue().decode()
        headers = {name: value for name, value in answer.headers.items() if name not in OF_NOW}
        told = (answer.status_code, str(headers), sorted(answer.cookies), body)
        return (*(_plain(each, path) for each in told), len(queries))


def _plain(told: Any, path: str) -> Any:
    """Without what was asked for, and without what differs from request to request."""
    if not isinstance(told, str):
        return told
    for asked in (quote(path, safe=""), path):
        told = told.replace(asked, "…")
    told = NUMBERS.sub("…", told)
    return HEX.sub("…", CHANGING.sub("…", told))


def ghost(value: Any) -> Any:
    """An id of the same form that nothing has."""
    if isinstance(value, UUID):
        return UUID(int=value.int ^ 1)
    return value + 1_000_000 if isinstance(value, int) else value[::-1]


def asked(house: House, url: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The requests for one URL: method, path, and what is sent along."""
    path = house.path(url)
    named = {name: house.objects[key] for name, key in NAMED.items()}
    named["answer"] = f"accepted:{named['answer']}"
    if "<" in url:
        yield "get", path, {}
    yield "get", path, {**named, **house.sent(QUERIES, url)}
    yield "get", path, {"partner": house.objects["partner"]}
    yield "post", path, {**named, **house.sent(BODIES, url)}
    yield "post", path, {**house.sent(BODIES, url), "partner": house.objects["partner"]}


def _differ(real: tuple[Any, ...], none: tuple[Any, ...]) -> Iterator[str]:
    """The lines of two answers that are not the same."""
    one, other = ("\n".join(map(str, each)).splitlines() for each in (real, none))
    return (line for line in unified_diff(one, other, n=0) if line[:2] not in SKIPPED)


@pytest.mark.parametrize("which", ["anonymous", "stranger", "reader", "removed", "inactive"])
def test_what_another_partner_has_is_answered_as_what_does_not_exist(house: House, which: str) -> None:
    asker, nowhere = Asker(person(house, which)), copy(house)
    nowhere.objects = {name: ghost(value) for name, value in house.objects.items()}
    told = []
    for url in URLS:
        # What is read once for a revision.
        asker.ask(*next(asked(nowhere, url)))
        for there, absent in zip(asked(house, url), asked(nowhere, url), strict=True):
            real, none = asker.ask(*there), asker.ask(*absent)
            told += [f"{there[:2]} {sorted(there[2])}: {line}" for line in _differ(real, none)]
    assert told == [], "\n".join(told)


def test_lists_and_counts_do_not_change_with_what_another_partner_gets(house: House) -> None:
    asker = Asker(house.people.stranger)
    paths = [house.path(url) for url in URLS if "<" not in url]
    for path in paths:
        asker.ask("get", path, {})
    before = {path: asker.ask("get", path, {}) for path in paths}
    _grow(house.people.partner)
    told = [f"{path}: {line}" for path in paths for line in _differ(before[path], asker.ask("get", path, {}))]
    assert told == [], "\n".join(told)
