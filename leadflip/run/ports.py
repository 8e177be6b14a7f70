"""Free ports on loopback."""

import os
import socket

from leadflip.run.errors import StartError

HOST = "127.0.0.1"
FIRST = 8000
LAST = 65535


def free() -> int:
    """A port that nothing listens on. Another program may take it before it is used: try again then."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    return _fault(port) is None


def for_web() -> int:
    """The port that PORT names, or the first free one from 8000.

    Raises StartError when the named one is taken or is no port.
    """
    named = os.environ.get("PORT")
    if not named:
        return next(port for port in range(FIRST, LAST + 1) if is_free(port))
    if not named.isdecimal() or not 0 < int(named) <= LAST:
        raise StartError(f"PORT is {named!r}, not a port: name one from 1 to {LAST}, or leave PORT away.")
    fault = _fault(int(named))
    if isinstance(fault, PermissionError):
        raise StartError(
            f"Port {named} is for privileged accounts: name one above 1023 (PORT=8000 make run)."
        )
    if fault is not None:
        raise StartError(
            f"Port {named} is taken: stop what listens there, name another (PORT=8001 make run), "
            "or leave PORT away and the next free one is used."
        )
    return int(named)


def _fault(port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error
        return None
