"""The shared cache, and what stands in for it while Redis is away."""

import logging
import socket
import time

import pytest
from django.conf import settings

from leadflip.kit.sharedcache import PAUSE, SharedCache

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _found_again() -> None:
    SharedCache.away_until = 0.0


def away(server: str = NOBODY) -> SharedCache:
    return SharedCache(server, {})


def test_processes_share_it() -> None:
    there, elsewhere = (SharedCache(settings.REDIS_URL, {}) for _ in range(2))
    there.set("shared", "yes", 5)
    assert elsewhere.get("shared") == "yes"
    there.delete("shared")


def test_without_redis_everything_is_answered_from_memory() -> None:
    cache = away()
    assert cache.get("a", "nothing") == "nothing"
    assert cache.add("a", 1, 60)
    assert not cache.add("a", 2, 60)
    assert cache.incr("a") == 2
    cache.set_many({"b": 1, "c": 2}, 60)
    assert cache.get_many(["a", "b", "c"]) == {"a": 2, "b": 1, "c": 2}
    assert cache.has_key("a")
    assert cache.touch("a", 60)
    assert cache.delete("a")
    cache.clear()
    assert cache.get("b") is None


def test_threads_of_a_process_see_the_same_memory() -> None:
    away().set("seen", 1, 60)
    assert away().get("seen") == 1


def test_loss_is_logged_once_and_redis_left_alone_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            away().get("a")
    assert caplog.text.count("shared_cache_away") == 1
    assert SharedCache.away_until > time.monotonic() + PAUSE - 1


def test_redis_is_asked_again_after_the_pause() -> None:
    away().get("a")
    cache = SharedCache(settings.REDIS_URL, {})
    cache.set("asked", "of memory", 5)
    SharedCache.away_until = 0.0
    assert cache.get("asked") is None


def test_a_silent_server_is_given_up_quickly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        assert away(f"redis://127.0.0.1:{silent.getsockname()[1]}/0").get("a") is None
        assert time.monotonic() - began < 3
