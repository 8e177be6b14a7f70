"""The least that a delivery could cost: the same requests in a bare loop on the same transport.

`loop` posts with httpx's client, `transport` calls the transport under it. No rows, no seals, no
signing, no log: the header, the body and the number in flight are those of a delivery.

    python -m bench.anchors.raw loop|transport URL COUNT BODY_BYTES   →   {"seconds": …, "cpu": …}
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import django
import httpx
import uvloop
from httpx_aiohttp import AiohttpTransport

Send = Callable[[], Awaitable[None]]

IN_FLIGHT = 32
WARM_UP = 300
HEADERS = {
    "content-type": "application/json",
    "user-agent": "Leadflip/bench",
    "accept-encoding": "identity",
    "webhook-id": "019ab4d2-7c1e-7000-8000-000000000000",
    "webhook-timestamp": "1790000000",
    "webhook-signature": "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}


def _transport() -> httpx.AsyncBaseTransport:
    django.setup()
    from delivery.http.connections import DNS_SECONDS, connections

    ours = connections(
        allow=("127.0.0.1/32",), ca_file="", fresh=False, resolver=None, dns_seconds=DNS_SECONDS
    )
    return AiohttpTransport(client=aiohttp.ClientSession(connector=ours, auto_decompress=False))


def _client_post(under: httpx.AsyncBaseTransport, url: str, body: bytes) -> Send:
    client = httpx.AsyncClient(transport=under)

    async def send() -> None:
        answer = await client.post(url, content=body, headers=HEADERS)
        assert answer.status_code == 200

    return send


def _transport_call(under: httpx.AsyncBaseTransport, url: str, body: bytes) -> Send:
    parsed = httpx.URL(url)

    async def send() -> None:
        request = httpx.Request("POST", parsed, content=body, headers=HEADERS)
        answer = await under.handle_async_request(request)
        await answer.aread()
        assert answer.status_code == 200

    return send


async def measure(kind: str, url: str, count: int, size: int) -> dict[str, float]:
    """Seconds on the wall and of the CPU for `count` calls."""
    under = _transport()
    send = {"loop": _client_post, "transport": _transport_call}[kind](under, url, b"x" * size)
    await _many(send, WARM_UP)
    began, cpu = time.perf_counter(), time.process_time()
    await _many(send, count)
    spent = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    await under.aclose()
    return spent


async def _many(send: Send, count: int) -> None:
    left = iter(range(count))

    async def one_after_another() -> None:
        for _ in left:
            await send()

    await asyncio.gather(*(one_after_another() for _ in range(IN_FLIGHT)))


if __name__ == "__main__":
    kind, url, count, size = sys.argv[1:]
    print(json.dumps(uvloop.run(measure(kind, url, int(count), int(size)))))
