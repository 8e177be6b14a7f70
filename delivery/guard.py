"""The outgoing guard at the socket: every address is judged as it is about to be connected to.

A name that resolves to something else at the next attempt, a literal in disguise, a redirect that
someone follows: all of them end here. The tables stand in `partners.outgoing.addresses`.
"""

import errno
import socket
from collections.abc import Callable, Sequence
from typing import Any

from delivery.wire import current
from partners.outgoing import Opening, allowed

AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]


class BlockedError(OSError):
    """The address is closed to webhooks; nothing was sent to it."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "closed to webhooks")


def socket_factory(opened: Sequence[Opening]) -> Callable[[AddrInfo], socket.socket]:
    """The factory for aiohttp's TCPConnector. It makes no socket for an address that is closed."""

    def make(info: AddrInfo) -> socket.socket:
        family, kind, proto, _name, address = info
        trace = current()
        if not allowed(address[0], address[1], opened):
            trace.blocked = address[0]
            raise BlockedError
        trace.opened = True
        return socket.socket(family, kind, proto)

    return make
