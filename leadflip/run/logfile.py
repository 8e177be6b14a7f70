"""Log files of what runs beside us: appended to, turned when large, quoted when something ends."""

from pathlib import Path

MOST_BYTES = 5 * 1024 * 1024


def turn(log: Path) -> None:
    """Set a large file aside as `<name>.1`, in place of the one before; nothing for a small one."""
    if log.exists() and log.stat().st_size > MOST_BYTES:
        log.replace(Path(f"{log}.1"))


def size(log: Path) -> int:
    """Bytes written so far."""
    return log.stat().st_size if log.exists() else 0


def since(log: Path, begin: int) -> str:
    """What was written from byte `begin` on."""
    with log.open("rb") as file:
        file.seek(begin)
        return file.read().decode(errors="replace")


def lines(said: str) -> list[str]:
    """The lines that hold anything, without margins."""
    return [line.strip() for line in said.splitlines() if line.strip()]
