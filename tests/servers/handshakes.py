"""A TLS server that refuses its callers properly: the alert is sent before the connection ends.

asyncio's servers drop the alert, so this one blocks, in a thread.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def refusing(context: ssl.SSLContext) -> Iterator[str]:
    """Gives the URL of a server whose `context` no caller satisfies."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context), daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/"


def _accept(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        while True:
            caller, _ = listener.accept()
            with caller:
                _refuse(caller, context)


def _refuse(caller: socket.socket, context: ssl.SSLContext) -> None:
    wire = caller.dup()
    with wire, suppress(OSError):
        with suppress(ssl.SSLError):
            context.wrap_socket(caller, server_side=True).close()
        wire.shutdown(socket.SHUT_WR)
        while wire.recv(65536):
            pass
