"""What is built once a revision."""

import pytest

from distribution.by_revision import ByRevision


def test_get_builds_each_key_once_a_revision() -> None:
    built: list[str] = []

    def build(key: str) -> int:
        built.append(key)
        return len(built)

    cache = ByRevision(build)
    assert [cache.get(1, "a"), cache.get(1, "a"), cache.get(1, "b")] == [1, 1, 2]
    assert [cache.get(2, "a"), cache.get(2, "a")] == [3, 3]
    assert cache.get(1, "a") == 4


def test_get_keeps_nothing_of_a_build_that_failed() -> None:
    def build(key: int) -> int:
        return 1 // key

    cache = ByRevision(build)
    with pytest.raises(ZeroDivisionError):
        cache.get(1, 0)
    assert cache.get(1, 1) == 1


def test_forget() -> None:
    answers = iter([1, 2])
    cache: ByRevision[None, int] = ByRevision(lambda _key: next(answers))
    assert cache.get(1, None) == 1
    cache.forget()
    assert cache.get(1, None) == 2
