"""Name look-ups."""

import asyncio
import socket
import threading

import pytest

from delivery.http.names import AT_ONCE, Resolver
from tests.delivery.calls import run


def test_look_ups_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch, loop: str) -> None:
    hanging = threading.Event()
    real = socket.getaddrinfo

    def look_up(host: str, *args: object, **kwargs: object) -> object:
        if host == "slow.example.com":
            hanging.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "late")
        return real("127.0.0.1", *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def work() -> str:
        resolver = Resolver()
        slow = [asyncio.create_task(resolver.resolve("slow.example.com", 80)) for _ in range(AT_ONCE - 1)]
        await asyncio.sleep(0)
        (found,) = await asyncio.wait_for(resolver.resolve("quick.example.com", 80), 5)
        hanging.set()
        await asyncio.gather(*slow, return_exceptions=True)
        return found["host"]

    assert run(work, loop) == "127.0.0.1"


def test_system_resolver_finds_and_misses(loop: str) -> None:
    async def find() -> set[str]:
        return {found["host"] for found in await Resolver().resolve("localhost", 80)}

    async def miss() -> None:
        with pytest.raises(OSError):
            await Resolver().resolve("does-not-exist.invalid", 80)

    assert run(find, loop) <= {"127.0.0.1", "::1"}
    run(miss, loop)
