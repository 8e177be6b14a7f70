"""The least that a letter could cost in Python: smtplib alone, a thread a kept connection, no rows.

python -m bench.anchors.smtp_loop PORT COUNT CONNECTIONS FILE   →   {"seconds": …, "cpu": …}
"""

import json
import smtplib
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HOST = "127.0.0.1"
SENDER, RECIPIENT = "leads@example.com", "partner@example.com"
WARM_UP = 20


def measure(port: int, count: int, connections: int, letter: bytes) -> dict[str, float]:
    """Seconds on the wall and of the CPU for `count` letters."""
    links = [_link(port, letter) for _ in range(connections)]
    shares = [count // connections + (place < count % connections) for place in range(connections)]
    with ThreadPoolExecutor(connections) as threads:
        began, cpu = time.perf_counter(), time.process_time()
        list(threads.map(lambda share: _send(*share, letter), zip(links, shares, strict=True)))
        return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def _link(port: int, letter: bytes) -> smtplib.SMTP:
    link = smtplib.SMTP(HOST, port, local_hostname="[127.0.0.1]", timeout=30)
    link.ehlo()
    _send(link, WARM_UP, letter)
    return link


def _send(link: smtplib.SMTP, count: int, letter: bytes) -> None:
    for _ in range(count):
        link.sendmail(SENDER, [RECIPIENT], letter)


if __name__ == "__main__":
    port, count, connections, file = sys.argv[1:]
    print(json.dumps(measure(int(port), int(count), int(connections), Path(file).read_bytes())))
