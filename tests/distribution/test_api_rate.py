"""429: a key sends no more requests than it may, each web process counting for itself."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from distribution.api import rate
from distribution.models import ApiKey, Entity, Lead
from tests import factories as f
from tests.distribution.answers import errors, success
from tests.distribution.conftest import Source

SENT = {"entity": "solar-lead", "name": "Ana"}


class Clock:
    """Stands in for time.monotonic."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock of the buckets, which are empty before and after."""
    rate.forget()
    clock = Clock()
    monkeypatch.setattr(rate, "time", SimpleNamespace(monotonic=clock))
    yield clock
    rate.forget()


def test_rate_429_says_when_and_recovers(source: Source, entity: Entity, ticking: Clock) -> None:
    ApiKey.objects.update(rate=3)
    for _ in range(3):
        success(source.post(SENT))
    response = source.post(SENT)
    [message] = errors(response, 429)["request"]
    assert response["Retry-After"] == "20"
    assert "3 requests a minute" in message
    assert "20 s" in message
    ticking.now += 19
    assert source.post(SENT)["Retry-After"] == "1"
    ticking.now += 1
    success(source.post(SENT))
    assert errors(source.post(SENT), 429)
    assert Lead.objects.count() == 4


def test_rate_holds_for_all_addresses_together(source: Source, entity: Entity, ticking: Clock) -> None:
    ApiKey.objects.update(rate=2)
    success(source.get("/api/entities"))
    success(source.bulk([{"name": "Ana"}]))
    for response in (source.get("/api/entities"), source.bulk([{"name": "Ben"}]), source.post(SENT)):
        assert errors(response, 429).keys() == {"request"}
    assert Lead.objects.count() == 1


def test_rate_counts_refused_requests_and_saves_no_more_than_a_minute(
    source: Source, entity: Entity, ticking: Clock
) -> None:
    ApiKey.objects.update(rate=2)
    ticking.now += 10_000
    for _ in range(2):
        errors(source.post({"entity": "no-such"}), 422)
    errors(source.post(SENT), 429)


def test_rate_is_each_key_its_own(source: Source, key: ApiKey, entity: Entity, ticking: Clock) -> None:
    ApiKey.objects.update(rate=1)
    f.ApiKeyFactory.create(plain="lf_elsewhere_secret", rate=1)
    success(source.post(SENT))
    errors(source.post(SENT), 429)
    success(Source(source.client, "lf_elsewhere_secret").post(SENT))


def test_rate_none_is_no_limit(source: Source, entity: Entity, ticking: Clock) -> None:
    for _ in range(50):
        success(source.get("/api/entities"))


def test_rate_forgets_full_buckets(ticking: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "MOST", 10)
    for number in range(10):
        assert rate.wait(number, 1) == 0
    ticking.now += 60
    assert rate.wait("new", 1) == 0
    assert rate.wait("new", 1) == 60
    assert len(rate._buckets) == 1
