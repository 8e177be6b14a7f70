"""What is built from the configuration, kept in this process while its revision stands."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_all: list["ByRevision[Any, Any]"] = []


class ByRevision(Generic[K, V]):
    """A cache that a new `partners.Revision` empties. `build` reads the database for one key.

    Whoever must not see newer rows than its revision asks after `hold_shared()`: until that
    transaction ends no save commits.
    """

    def __init__(self, build: Callable[[K], V]) -> None:
        self._build = build
        self._kept: tuple[int, dict[K, V]] = (0, {})
        _all.append(self)

    def get(self, revision: int, key: K) -> V:
        """What stands under `key` at `revision`."""
        number, kept = self._kept
        if number != revision:
            kept = {}
            self._kept = (revision, kept)
        if key not in kept:
            kept[key] = self._build(key)
        return kept[key]

    @property
    def revision(self) -> int:
        """The revision at which it was asked last; 0 where it is empty."""
        return self._kept[0]

    def forget(self) -> None:
        """Empties it."""
        self._kept = (0, {})


def forget_all() -> None:
    """For whoever replaces the database under a living process, where revisions begin again."""
    for cache in _all:
        cache.forget()
