"""Letters a second of one worker core, all in, over as many kept connections as an account has.

All in: claimed from rows, the sealed field opened, mapped, written as a letter, handed over, the attempt,
its sealed body and the status written. Beside it, on as many kept connections: smtplib's call for a ready
message (`raw_loop`), and its call for ready bytes (`raw_bytes`).
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from bench.parts import rows
from bench.parts.engine import engine
from bench.parts.ground import FOLDER
from bench.parts.mailroom import Mailroom, mailroom
from bench.parts.processes import cpu_seconds, running, wait_for
from bench.parts.report import Report
from leadflip.run.state import State

ROUNDS = 2
SMALL = {"rounds": 1, "count": 100}
COUNT = 1500
WARM_UP = 100
LANES = 20
CONNECTIONS = 2
SENDER = "Leads <leads@example.com>"
LOOPS = {"message": "raw_loop", "bytes": "raw_bytes"}
AIMS = {"ratio.raw_loop": "≥ 0.6"}


class Letters:
    """One run: the same leads and lanes for every round."""

    def __init__(self, report: Report, there: Mailroom, count: int) -> None:
        self.report, self.there, self.count = report, there, count
        rows.wipe()
        self.lanes = rows.letter_lanes(LANES)
        self.leads = rows.leads(rows.entity(), count)
        self.letter = FOLDER / "letter.eml"

    def ours(self) -> float:
        """Our rate; fresh rows, a fresh engine, warmed up before the count."""
        rows.forget_jobs()
        url = f"smtp://127.0.0.1:{self.there.port}?connections={CONNECTIONS}&bounces=bounces.example.com"
        with engine({"SMTP_URL": url, "SMTP_FROM": SENDER}) as process:
            self._deliver(self.leads[:WARM_UP])
            before = cpu_seconds(process.pid)
            seconds = self._deliver(self.leads)
            cpu = cpu_seconds(process.pid) - before
        self.letter.write_bytes(sent_letter())
        self.report.add("ours.per_second", self.count / seconds)
        self.report.add("ours.cpu_us", cpu / self.count * 1e6)
        return self.count / seconds

    def raw(self, kind: str, name: str) -> float:
        """The rate of a bare loop on the worker's core."""
        spent = _raw(kind, self.there.port, self.count, self.letter)
        self.report.add(f"beside.{name}_per_second", self.count / spent["seconds"])
        self.report.add(f"beside.{name}_cpu_us", spent["cpu"] / self.count * 1e6)
        return self.count / spent["seconds"]

    def _deliver(self, leads: Sequence[UUID]) -> float:
        """Seconds from the commit of the rows to the settling of the last."""
        self.there.reset()
        rows.jobs(rows.dealt(leads, self.lanes))
        began = time.monotonic()
        self.there.wait(len(leads))
        wait_for(lambda: rows.unsettled() == 0, "settling")
        return time.monotonic() - began


def _raw(kind: str, port: int, count: int, letter: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.anchors.smtp_loop", kind, str(port), str(count), str(CONNECTIONS)]
    with running("smtp-loop", [*command, str(letter)], worker=True, output=subprocess.PIPE) as process:
        said, _ = process.communicate(timeout=60)
    spent: dict[str, float] = json.loads(said)
    return spent


def sent_letter() -> bytes:
    """One letter as it was kept, with the two headers that the account adds."""
    from delivery.letter import signed
    from delivery.models import AttemptBody
    from leadflip.kit import crypto

    body = AttemptBody.objects.select_related("attempt").first()
    assert body is not None, "ours comes before what stands beside it"
    opened = crypto.unseal(f"attempt:{body.attempt.job_id}:{body.attempt.number}", body.sealed)
    letter = opened["request"]["body"].encode()
    return signed(letter, job=body.attempt.job_id, name="Leads", address="leads@example.com")


def measure(report: Report, state: State, *, rounds: int = ROUNDS, count: int = COUNT) -> None:
    """All rounds; each ends with the loop, so that a loud minute hits both."""
    report.aims.update(AIMS)
    with mailroom() as there:
        run = Letters(report, there, count)
        for _ in range(rounds):
            ours = run.ours()
            report.facts["letter bytes"] = run.letter.stat().st_size
            for kind, name in LOOPS.items():
                report.add(f"ratio.{name}", ours / run.raw(kind, name))
    for name in LOOPS.values():
        loop, all_in = report.median(f"beside.{name}_cpu_us"), report.median("ours.cpu_us")
        report.add(f"ratio.{name}_by_cpu", loop / all_in)
