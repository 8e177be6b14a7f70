"""File locks: they end with the process that holds them, however it dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class Lock:
    """A lock on `path`, held from `shared()` or `exclusive()` until `release()`.

    The descriptor is not inherited by programs started meanwhile, so a lock says that its very
    process lives.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def shared(self) -> None:
        """Wait for the lock and hold it beside other shared holders."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def exclusive(self) -> None:
        """Wait for the lock and hold it alone."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def try_exclusive(self) -> bool:
        """Hold it alone if nobody else holds it. A shared hold of one's own is given up either way."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        self.exclusive()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _open(self) -> int:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        return self._fd
