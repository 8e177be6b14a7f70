from pathlib import Path

from leadflip.run.locks import Lock


def test_exclusive_shuts_others_out(tmp_path: Path) -> None:
    one, other = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert one.try_exclusive()
    assert not other.try_exclusive()
    one.release()
    assert other.try_exclusive()
    other.release()


def test_shared_holders_stand_beside_each_other(tmp_path: Path) -> None:
    one, other = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    one.shared()
    other.shared()
    assert not one.try_exclusive()
    # Asking gave up the shared hold, so the last one gets it.
    assert other.try_exclusive()
    other.release()


def test_with_holds_and_releases(tmp_path: Path) -> None:
    other = Lock(tmp_path / "lock")
    with Lock(tmp_path / "lock"):
        assert not other.try_exclusive()
    assert other.try_exclusive()
    other.release()
    other.release()
