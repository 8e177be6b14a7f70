"""The HTTP sessions under the webhooks: aiohttp with our own rules."""

import ssl
from functools import lru_cache

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver
from aiohttp.client_reqrep import ClientResponse
from aiohttp.connector import Connection

from delivery.guard import socket_factory
from delivery.http.names import Resolver
from delivery.wire import current
from partners.outgoing import openings

KEEP_ALIVE = 4.0  # seconds; uvicorn closes after 5
DNS_SECONDS = 10
READ_BUFFER = 4096
# Seconds: TCP and TLS of one address, and all that comes before sending, name look-up included. The
# whole call's time is the caller's to bound.
CONNECTING = aiohttp.ClientTimeout(sock_connect=5.0, connect=10.0)


class WatchedRequest(aiohttp.ClientRequest):
    """Notes the moment from which bytes may leave, and where they go."""

    async def send(self, conn: Connection) -> ClientResponse:
        trace = current()
        if conn.transport is not None:
            trace.address = conn.transport.get_extra_info("peername", ("",))[0]
        trace.sent = True
        return await super().send(conn)


@lru_cache(maxsize=4)
def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """Always verifying, TLS 1.2 or newer, HTTP/1.1 only; `ca_file` is trusted besides the usual ones."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def session(
    *,
    allow: tuple[str, ...],
    ca_file: str,
    fresh: bool,
    resolver: AbstractResolver | None,
    dns_seconds: int,
) -> aiohttp.ClientSession:
    """One session of the running event loop. `fresh`: every call opens a connection of its own.

    `allow` holds the entries of OUTGOING_ALLOW. No limit a host: lanes share hosts, and the engine
    limits lanes. No cookies, no proxy or .netrc from the environment.
    """
    connector = aiohttp.TCPConnector(
        ssl=tls_context(ca_file),
        limit=0,
        force_close=fresh,
        keepalive_timeout=None if fresh else KEEP_ALIVE,
        resolver=resolver or Resolver(),
        ttl_dns_cache=dns_seconds,
        socket_factory=socket_factory(openings(allow)),
    )
    made = aiohttp.ClientSession(
        connector=connector,
        request_class=WatchedRequest,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        timeout=CONNECTING,
        read_bufsize=READ_BUFFER,
    )
    made._retry_connection = False  # aiohttp repeats a PUT by itself; no parameter turns that off
    return made
