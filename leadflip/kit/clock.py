"""The process's clock. Due and lease times are the database's own and never come from here."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def iso(at: datetime) -> str:
    """An instant for machines: ISO 8601 in UTC to the millisecond, such as 2026-11-24T09:30:00.250Z."""
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
