"""What healthy partners feel of those that hang: half of a hundred take 15 seconds for each lead.

Steady: the hanging calls are open already. Burst: they start, time out and are tried again inside the
window. Hold: 300 hanging partners, and how many calls one process keeps open at once.
"""

import time
from collections.abc import Sequence
from uuid import UUID

from bench.parts import rows
from bench.parts.engine import engine
from bench.parts.partners import Partners, partners
from bench.parts.processes import wait_for
from bench.parts.report import Report, percentile
from leadflip.run.state import State
from partners.models import DeliverySettings

PAIRS = 3
SMALL = {"pairs": 1, "bursts": 0}
BURSTS = 2
HALF = 50
HANGING_EACH = 30
RATE = 100  # healthy leads a second
SETTLE_IN = 3.0
STEADY = 9.0
BURST = 24.0  # 15 s to the time-out, then the first wait of the schedule: 4 to 6 s
HOLD = 12.0
HOLDING = 300
AIMS = {"ratio.steady_p99": "≤ 1.2", "ours.burst_p99_ms": "≤ 50", "ours.held_calls": "≥ 1000"}

Lanes = Sequence[DeliverySettings]


class Isolation:
    """The same partners and leads for all runs; each run has an engine of its own."""

    def __init__(self, there: Partners) -> None:
        self.there = there
        rows.wipe()
        self.healthy = rows.lanes(there.url(f"/ok/{number}") for number in range(HALF))
        # Answers come after our time-out: 15 s, the default.
        self.hanging = rows.lanes(there.url(f"/hang/16/{number}") for number in range(HOLDING))
        self.leads = rows.leads(rows.entity(), HALF * HANGING_EACH)

    def stream(self, seconds: float, *, hanging: bool, settle_in: float = 0) -> list[float]:
        """Milliseconds from a healthy lead's transaction to its receipt, at a steady rate."""
        rows.forget_jobs()
        with engine():
            self._warm_up()
            if hanging:
                rows.jobs(rows.dealt(self.leads, self.hanging[:HALF]))
                time.sleep(settle_in)
            return self._healthy(seconds)

    def hold(self) -> int:
        """The most calls that were open at once before the first time-out."""
        rows.forget_jobs()
        with engine():
            self.there.reset()
            rows.jobs(rows.dealt(self.leads * 2, self.hanging))
            began = time.monotonic()
            while time.monotonic() - began < HOLD:
                time.sleep(0.25)
            return self.there.peak()

    def _warm_up(self) -> None:
        """One delivery a healthy lane: what a worker knows that has run a while."""
        self.there.reset()
        rows.jobs(rows.dealt(self.leads[:HALF], self.healthy))
        self.there.wait(HALF)
        self.there.reset()

    def _healthy(self, seconds: float) -> list[float]:
        began: dict[str, float] = {}
        start = time.time()
        for number in range(int(seconds * RATE)):
            time.sleep(max(0.0, start + number / RATE - time.time()))
            at = time.time()
            lane = self.healthy[number % HALF]
            began[str(self._place(number, lane))] = at
        wait_for(lambda: len(self._arrived()) >= len(began), "the healthy partners' leads", pause=0.5)
        return [(at - began[id]) * 1000 for id, at in self._arrived().items()]

    def _place(self, number: int, lane: DeliverySettings) -> UUID:
        return rows.job(self.leads[number % len(self.leads)], lane)

    def _arrived(self) -> dict[str, float]:
        return {came.id: came.at for came in self.there.came() if came.path.startswith("/ok/")}


def measure(report: Report, state: State, *, pairs: int = PAIRS, bursts: int = BURSTS) -> None:
    """Steady runs with and without hanging partners in turn, then bursts, then the hold."""
    report.aims.update(AIMS)
    with partners() as there:
        run = Isolation(there)
        for _ in range(pairs):
            without = run.stream(STEADY, hanging=False)
            with_them = run.stream(STEADY, hanging=True, settle_in=SETTLE_IN)
            _add(report, "ours.steady", with_them)
            _add(report, "beside.without_hanging", without)
            report.add("ratio.steady_p99", percentile(with_them, 99) / percentile(without, 99))
        for _ in range(bursts):
            _add(report, "ours.burst", run.stream(BURST, hanging=True))
        report.add("ours.held_calls", run.hold())


def _add(report: Report, key: str, values: Sequence[float]) -> None:
    for percent in (50, 99):
        report.add(f"{key}_p{percent}_ms", percentile(values, percent))
