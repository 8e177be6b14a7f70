"""How long things took, counted in slots: sums of histograms are histograms, and tell quantiles."""

from collections.abc import Iterable, Mapping

# Milliseconds at which a slot ends and the next one begins; each about 1.5 times the one before.
BOUNDS = (
    *(1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700),
    *(1000, 1500, 2000, 3000, 5000, 7000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 240_000),
)

# {slot: count}. A slot is the number of bounds that a value reached, as text: it stands in JSON.
Slots = Mapping[str, int]


def added(many: Iterable[Slots]) -> Slots:
    """All of them together."""
    total: dict[str, int] = {}
    for slots in many:
        for slot, count in slots.items():
            total[slot] = total.get(slot, 0) + count
    return total


def quantile(slots: Slots, part: float) -> int | None:
    """The value below which `part` (0 to 1) of all lies, as near as slots tell; None where nothing is."""
    total = sum(slots.values())
    if not total:
        return None
    wanted, below = part * total, 0
    for slot, count in sorted((int(name), count) for name, count in slots.items()):
        if below + count >= wanted:
            return _within(slot, (wanted - below) / count)
        below += count
    return None


def _within(slot: int, part: float) -> int:
    begins = BOUNDS[slot - 1] if slot else 0
    ends = BOUNDS[slot] if slot < len(BOUNDS) else begins
    return round(begins + (ends - begins) * part)
