"""What a rule builder's controls send."""

from typing import Any


def condition(alternative: int, place: int, field: str, op: str, *values: str) -> dict[str, Any]:
    """The controls of one condition."""
    prefix = f"rules-{alternative}-{place}"
    return {
        "rules-sent": "1",
        f"{prefix}-field": field,
        f"{prefix}-op": op,
        f"{prefix}-value": list(values),
    }
