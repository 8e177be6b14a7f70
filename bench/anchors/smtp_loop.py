"""The least that a letter could cost in Python: smtplib alone, a thread a kept connection, no rows.

`message` hands over a message that is ready, by smtplib's own call for messages; `bytes` the bytes of
one that was written out before. Neither writes a letter: it is the same one again and again.

    python -m bench.anchors.smtp_loop message|bytes PORT COUNT CONNECTIONS FILE   →   {"seconds": …, "cpu": …}
"""

import json
import smtplib
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path

Send = Callable[[smtplib.SMTP], object]

HOST = "127.0.0.1"
SENDER, RECIPIENT = "leads@example.com", "partner@example.com"
WARM_UP = 20


def measure(kind: str, port: int, count: int, connections: int, letter: bytes) -> dict[str, float]:
    """Seconds on the wall and of the CPU for `count` letters."""
    send = {"message": _message, "bytes": _bytes}[kind](letter)
    links = [_link(port, send) for _ in range(connections)]
    shares = [count // connections + (place < count % connections) for place in range(connections)]
    with ThreadPoolExecutor(connections) as threads:
        began, cpu = time.perf_counter(), time.process_time()
        list(threads.map(_send, links, shares, [send] * connections))
        return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def _message(letter: bytes) -> Send:
    message = message_from_bytes(letter, policy=policy.SMTP)
    return lambda link: link.send_message(message, SENDER, [RECIPIENT])


def _bytes(letter: bytes) -> Send:
    return lambda link: link.sendmail(SENDER, [RECIPIENT], letter)


def _link(port: int, send: Send) -> smtplib.SMTP:
    link = smtplib.SMTP(HOST, port, local_hostname="[127.0.0.1]", timeout=30)
    link.ehlo()
    _send(link, WARM_UP, send)
    return link


def _send(link: smtplib.SMTP, count: int, send: Send) -> None:
    for _ in range(count):
        send(link)


if __name__ == "__main__":
    kind, port, count, connections, file = sys.argv[1:]
    print(json.dumps(measure(kind, int(port), int(count), int(connections), Path(file).read_bytes())))
