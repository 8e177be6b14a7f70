"""One HTTP/1.1 exchange on a connection of aiohttp: a request written whole, its answer read.

aiohttp connects, keeps connections and parses. Its session builds a dozen objects and a task around
each request that serve redirects, cookies and streams; a webhook has none of these, and half of what
a call cost was theirs.
"""

from collections.abc import Mapping
from functools import lru_cache

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.streams import StreamReader
from yarl import URL

from delivery.http.answers import KEPT_BYTES
from delivery.wire import Trace

READ_BUFFER = 4096
# Seconds: TCP and TLS of one address, and all that comes before sending, name look-up included. The
# whole call's time is the caller's to bound.
CONNECTING = aiohttp.ClientTimeout(sock_connect=5.0, connect=10.0)
LEAST_FINAL = 200
SWITCHING = 101
BREAKS = "\r\n\0"


class Exchanger:
    """Makes exchanges over `connections`, in the event loop that they belong to."""

    def __init__(self, connections: aiohttp.TCPConnector) -> None:
        self._connections = connections
        self._door = lru_cache(maxsize=4096)(self._asking)

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, trace: Trace
    ) -> None:
        """Writes the request and notes on `trace` what was sent and what came back.

        Of the body up to a little over 4 KiB is read, as it comes over the wire and never unpacked; what
        is left closes the connection. Raises aiohttp's errors, TimeoutError and ValueError.
        """
        door = self._door(url)
        request = head(method, door.url, headers, len(body), close=self._connections.force_close) + body
        connection = await self._connections.connect(door, [], CONNECTING)
        try:
            payload = await _asked(connection, request, trace)
            while len(trace.body) <= KEPT_BYTES and (chunk := await payload.readany()):
                trace.body += chunk
        except BaseException:
            connection.close()
            raise
        # Kept for the next call only if the answer was read to its end.
        connection.release()

    async def close(self) -> None:
        """Closes the connections."""
        await self._connections.close()

    def _asking(self, url: str) -> aiohttp.ClientRequest:
        # Only says where to connect: host, port, TLS.
        return aiohttp.ClientRequest("GET", URL(url), loop=self._connections._loop)


def head(method: str, url: URL, headers: Mapping[str, str], size: int, *, close: bool = False) -> bytes:
    """The request's header. Raises ValueError for a value that would break it, without naming the value."""
    pairs = [f"host: {url.host_port_subcomponent}", f"content-length: {size}"]
    if close:
        pairs.append("connection: close")
    if not any(name.lower() == "accept" for name in headers):
        pairs.append("accept: */*")
    pairs += [f"{name}: {value}" for name, value in headers.items()]
    text = "".join(pairs)
    if any(mark in text for mark in BREAKS):
        raise ValueError("A header holds a line break.")
    return "\r\n".join((f"{method} {url.raw_path_qs} HTTP/1.1", *pairs, "\r\n")).encode()


async def _asked(connection: Connection, request: bytes, trace: Trace) -> StreamReader:
    protocol = _ready(connection)
    transport = protocol.transport
    trace.sent = True
    if transport is None or transport.is_closing():
        raise aiohttp.ClientConnectionResetError("The connection was closing already.")
    trace.address = transport.get_extra_info("peername", ("",))[0]
    transport.write(request)
    message, payload = await protocol.read()
    while message.code < LEAST_FINAL and message.code != SWITCHING:
        message, payload = await protocol.read()
    trace.status, trace.headers = message.code, message.raw_headers
    return payload


def _ready(connection: Connection) -> ResponseHandler:
    protocol = connection.protocol
    assert protocol is not None, "it was just connected"
    protocol.set_response_params(read_until_eof=True, auto_decompress=False, read_bufsize=READ_BUFFER)
    return protocol
