"""Many routers at once: started, killed by their ids, replaced."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from leadflip.run.state import PROJECT

# One lead a transaction, as intake routes, and several, as the drain does: few, so that all have work.
SIZES = (1, 1, 1, 3, 10)
# Who has locked or written a row in a transaction that is still open.
MID_ROUTING = """
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'router-%%' AND backend_xid IS NOT NULL
"""


class Routers:
    """The processes; `start` and `kill` are told to their parent, which alone knows of their end."""

    def __init__(self, nursery: "subprocess.Popen[str]", rng: random.Random, sizes: Sequence[int]) -> None:
        self._nursery, self._rng = nursery, rng
        self._sizes = " ".join(map(str, sizes))
        self.living: list[int] = []

    def start(self, count: int) -> None:
        """So many more."""
        for _ in range(count):
            self.living.append(int(self._ask(f"start {self._rng.getrandbits(32)} {self._sizes}")))

    def routing(self) -> list[int]:
        """Who is in the middle of a transaction that has locked or written something."""
        with connection.cursor() as cursor:
            cursor.execute(MID_ROUTING)
            names = [name for (name,) in cursor.fetchall()]
        return sorted({int(name.removeprefix("router-")) for name in names} & set(self.living))

    def kill(self, pid: int) -> None:
        """SIGKILL to one of them; returns when it is gone."""
        os.kill(pid, signal.SIGKILL)
        self._ask(f"wait {pid}")
        self.living.remove(pid)

    def ended(self) -> list[int]:
        """Who ended though nobody killed it."""
        gone = [int(pid) for pid in self._ask("ended").split()]
        self.living = [pid for pid in self.living if pid not in gone]
        return gone

    def close(self) -> None:
        """Kills all of them."""
        for pid in list(self.living):
            self.kill(pid)

    def _ask(self, command: str) -> str:
        assert self._nursery.stdin
        assert self._nursery.stdout
        self._nursery.stdin.write(f"{command}\n")
        self._nursery.stdin.flush()
        answer = self._nursery.stdout.readline()
        if not answer:
            raise RuntimeError(f"The parent of the routers ended with {self._nursery.wait()}.")
        return answer.strip()


@contextmanager
def routers(
    count: int,
    *,
    log: Path,
    sizes: Sequence[int] = SIZES,
    seed: int = 0,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Routers]:
    """So many routers of the database that `environment` names; what they say stands in `log`."""
    command = [sys.executable, "-m", "tests.proof.nursery"]
    with log.open("w") as said:
        nursery = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            cwd=PROJECT,
            env=environment and {**environment},
            start_new_session=True,
        )
    made = Routers(nursery, random.Random(seed), sizes)
    try:
        made.start(count)
        yield made
    finally:
        try:
            made.close()
        finally:
            assert nursery.stdin
            assert nursery.stdout
            nursery.stdin.close()
            nursery.wait(30)
            nursery.stdout.close()
