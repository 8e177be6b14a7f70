"""A measure's figures: medians and spread over the rounds, as a table and as bench/out/NAME.json."""

import json
import math
import os
import platform
import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.parts import cores

OUT = Path(__file__).resolve().parent.parent / "out"
PARTS = ("ours", "beside", "ratio")


class Report:
    """Collects one number a round under `ours.…`, `beside.…`, `ratio.…`; the median speaks."""

    def __init__(self, name: str, folder: Path = OUT) -> None:
        self.name = name
        self.rounds: dict[str, list[float]] = defaultdict(list)
        self.aims: dict[str, str] = {}
        self.missing: list[str] = []
        self.facts: dict[str, Any] = {}
        # Stand in the table instead of a line a figure, where there are many.
        self.lines: list[str] = []
        self._folder = folder

    def add(self, key: str, value: float) -> None:
        """One round's value of `ours.p50_ms` and the like. Raises ValueError for another beginning."""
        if key.partition(".")[0] not in PARTS:
            raise ValueError(f"{key} begins with none of {', '.join(PARTS)}")
        self.rounds[key].append(value)

    def aim(self, key: str, words: str) -> None:
        """What the figure should be, shown beside it."""
        self.aims[key] = words

    def lacks(self, words: str) -> None:
        """A part that could not be measured. It is said, never made up."""
        if words not in self.missing:
            self.missing.append(words)
            print(f"  MISSING: {words}", flush=True)

    def median(self, key: str) -> float:
        """The median over the rounds."""
        return statistics.median(self.rounds[key])

    def finish(self) -> None:
        """Prints the table and writes the file."""
        print(self.table(), flush=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{self.name}.json"
        file.write_text(json.dumps(self.document(), indent=2) + "\n")
        print(f"  written to {file}\n", flush=True)

    def document(self) -> dict[str, Any]:
        """What the file holds."""
        parts: dict[str, dict[str, float]] = {part: {} for part in PARTS}
        for key in self.rounds:
            part, _, name = key.partition(".")
            parts[part][name] = _rounded(self.median(key))
        return {
            "measure": self.name,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            **parts,
            "rounds": {key: [_rounded(value) for value in values] for key, values in self.rounds.items()},
            "aims": self.aims,
            "facts": self.facts,
            "missing": self.missing,
        }

    def table(self) -> str:
        """One line a figure: median, spread, rounds, aim; or the measure's own `lines`."""
        heading = f"  {'':<34}{'median':>10}  {'least – most':<21}{'rounds':>6}  aim"
        lines = self.lines or [
            heading,
            *(self._line(key) for part in PARTS for key in sorted(self.rounds) if key.startswith(f"{part}.")),
        ]
        lines = [*lines, *(f"  {name}: {value}" for name, value in self.facts.items())]
        return "\n".join(
            [
                f"\n{self.name} ({cores.words()})",
                *lines,
                *(f"  MISSING: {words}" for words in self.missing),
            ]
        )

    def _line(self, key: str) -> str:
        values = self.rounds[key]
        spread = f"{_text(min(values))} – {_text(max(values))}"
        aim = self.aims.get(key, "")
        return f"  {key:<34}{_text(self.median(key)):>10}  {spread:<21}{len(values):>6}  {aim}".rstrip()


def machine() -> dict[str, Any]:
    """Size and system of this machine."""
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "pinned": cores.pinned(),
    }


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that `percent` of all do not exceed. Raises ValueError for none at all."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
