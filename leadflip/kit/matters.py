"""What needs somebody: one list for the dashboard and whoever else tells of it.

A matter is one small function, decorated with `matter`, in the lowest app that sees what it is about. It
returns what to look for, as a query that is not asked yet: all of them are counted in one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

import structlog
from django.db.models import QuerySet

from leadflip.kit.paging import counted, counted_all

logger = structlog.get_logger(__name__)


class Severity(IntEnum):
    """How much it matters: the worst first."""

    BAD = 0
    WARN = 1
    NOTE = 2


@dataclass(frozen=True, slots=True)
class Look:
    """`rows`: each of them is a case; bounded by an index. `words` of a count; `link` to the list of them."""

    rows: QuerySet[Any]
    words: Callable[[int], str]
    link: str


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that is so now. `count` goes up to show.MOST + 1; None: it could not be found out."""

    kind: str
    severity: Severity
    words: str
    link: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered function. `permission`: who lacks it is not told. `alerts`: the kinds that tell of it."""

    name: str
    severity: Severity
    permission: str
    look: Callable[[], Look]
    alerts: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {}


def matter(
    severity: Severity, permission: str, *alerts: str
) -> Callable[[Callable[[], Look]], Callable[[], Look]]:
    """Registers a function under its own name."""

    def register(look: Callable[[], Look]) -> Callable[[], Look]:
        KINDS[look.__name__] = Kind(look.__name__, severity, permission, look, alerts)
        return look

    return register


def looks(may: Callable[[str], bool]) -> dict[str, Look]:
    """What to look for, by kind, for somebody of whom `may` tells which permissions they have."""
    return {kind.name: kind.look() for kind in KINDS.values() if may(kind.permission)}


def told(looked: dict[str, Look], counts: dict[str, int | None]) -> list[Matter]:
    """The matters that are so, the worst first; those that could not be counted are among them."""
    found = [
        Matter(name, KINDS[name].severity, look.words(counts[name] or 0), look.link, counts[name])
        for name, look in looked.items()
        if counts[name] != 0
    ]
    return sorted(found, key=lambda each: each.severity)


def counts(many: dict[str, QuerySet[Any]]) -> dict[str, int | None]:
    """How many rows of each, capped, in one query; where that fails one by one, None for those that fail."""
    numbers: Sequence[int | None] | None = attempt("counts", partial(counted_all, list(many.values())))
    if numbers is None:
        numbers = [attempt(name, partial(counted, rows)) for name, rows in many.items()]
    return dict(zip(many, numbers, strict=True))


def attempt(name: str, find: Callable[[], Any]) -> Any:
    """What `find` finds; None where it fails, which is logged: the rest of a page stays."""
    try:
        return find()
    except Exception:
        logger.exception("part_failed", part=name)
        return None
