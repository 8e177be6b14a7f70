"""What one call did on the wire, told by the places that see it.

The facts travel in a context variable, since a call of aiohttp's session reaches neither its connector
nor its request object. Its own tracing would say the same for 20 awaited signals a call.
"""

from collections.abc import Sequence
from contextvars import ContextVar


class Trace:
    """One call. `sent`: a byte of it may have left on the connection in use."""

    __slots__ = ("address", "blocked", "body", "earlier", "headers", "opened", "sent", "status")

    def __init__(self) -> None:
        self.sent = False
        self.earlier = False  # a byte of an earlier try of it may have left
        self.opened = False  # a new socket was made for it
        self.blocked = ""  # the last address that the guard refused
        self.address = ""  # the address that it was written to
        self.status: int | None = None  # the answer's status, once its header came in whole
        self.headers: Sequence[tuple[bytes, bytes]] = ()
        self.body = bytearray()

    @property
    def reused(self) -> bool:
        """Whether it was written to a connection that an earlier call had left open."""
        return self.sent and not self.opened

    def again(self, *, left_nothing: bool) -> None:
        """A second try of the same call begins."""
        self.earlier = not left_nothing
        self.sent = False


_current: ContextVar[Trace] = ContextVar("trace")


def begin(trace: Trace) -> None:
    """Makes `trace` the one of the call that the running task makes now."""
    _current.set(trace)


def current() -> Trace:
    """The running call's trace; a fresh one outside of any."""
    return _current.get(None) or Trace()
