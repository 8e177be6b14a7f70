"""Name look-ups that do not wait for each other: aiohttp's share a pool of a few threads.

One partner's dead name server holds its thread for half a minute. The threads are daemons, so that
a look-up that hangs does not keep the process from ending.
"""

import asyncio
import socket
import threading
from contextlib import suppress

from aiohttp.abc import AbstractResolver, ResolveResult

AT_ONCE = 64


class Resolver(AbstractResolver):
    """The system's own look-up, at most 64 at once. aiohttp asks once for many callers of one host."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises OSError (socket.gaierror) where there is none."""
        async with self._places:
            loop = asyncio.get_running_loop()
            found: asyncio.Future[list[ResolveResult]] = loop.create_future()
            threading.Thread(
                target=_look_up, args=(loop, found, host, port, family), name=f"dns {host}", daemon=True
            ).start()
            return await found

    async def close(self) -> None:
        """Nothing is kept open."""


def _look_up(
    loop: asyncio.AbstractEventLoop,
    found: "asyncio.Future[list[ResolveResult]]",
    host: str,
    port: int,
    family: socket.AddressFamily,
) -> None:
    try:
        infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        result: list[ResolveResult] | OSError = [
            {
                "hostname": host,
                "host": str(address[0]),
                "port": port,
                "family": kind,
                "proto": proto,
                "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            }
            for kind, _type, proto, _name, address in infos
        ]
    except OSError as error:
        result = error
    except UnicodeError:
        result = socket.gaierror(socket.EAI_NONAME, "not a name")
    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(_settle, found, result)


def _settle(found: "asyncio.Future[list[ResolveResult]]", result: list[ResolveResult] | OSError) -> None:
    if found.done():
        return
    if isinstance(result, OSError):
        found.set_exception(result)
    else:
        found.set_result(result)
