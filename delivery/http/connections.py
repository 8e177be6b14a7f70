"""The connections under the webhooks: aiohttp's, with our own rules."""

import ssl
from functools import lru_cache

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver

from delivery.guard import socket_factory
from delivery.http.names import Resolver
from partners.outgoing import openings

KEEP_ALIVE = 4.0  # seconds; uvicorn closes after 5
DNS_SECONDS = 10


@lru_cache(maxsize=4)
def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """Always verifying, TLS 1.2 or newer, HTTP/1.1 only; `ca_file` is trusted besides the usual ones."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def connections(
    *,
    allow: tuple[str, ...],
    ca_file: str,
    fresh: bool,
    resolver: AbstractResolver | None,
    dns_seconds: int,
) -> aiohttp.TCPConnector:
    """The connections of the running event loop. `fresh`: none is kept open.

    `allow` holds the entries of OUTGOING_ALLOW. No limit a host: lanes share hosts, and the engine
    limits lanes. No proxy or .netrc from the environment.
    """
    return aiohttp.TCPConnector(
        ssl=tls_context(ca_file),
        limit=0,
        force_close=fresh,
        keepalive_timeout=None if fresh else KEEP_ALIVE,
        resolver=resolver or Resolver(),
        ttl_dns_cache=dns_seconds,
        socket_factory=socket_factory(openings(allow)),
    )
