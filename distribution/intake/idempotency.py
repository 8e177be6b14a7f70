"""The same Idempotency-Key gives the same answer and makes no second lead.

The row is inserted before anything else. A second request with the same key waits there until the
first one has committed, then reads its answer; if the first one was refused, it takes its place.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from distribution.intake.errors import TokenTakenError
from distribution.models import ApiKey, Idempotency
from leadflip.kit import clock

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
BATCH = 5000

_INSERT = """
INSERT INTO distribution_idempotency (api_key_id, token, body_digest, answer, created_at)
VALUES (%s, %s, %s, NULL, %s) ON CONFLICT (api_key_id, token) DO NOTHING
"""


def once(key: ApiKey | None, token: str, digest: bytes, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `act` returns, done once for a token, within one transaction. Raises TokenTakenError.

    Pages, whose leads come without a key, have tokens of their own.
    """
    earlier = begin(key, token, digest)
    if earlier is not None:
        return earlier
    answer = act()
    finish(key, token, answer)
    return answer


def begin(key: ApiKey | None, token: str, digest: bytes) -> dict[str, Any] | None:
    """None for whoever is first and must call `finish`; the first one's answer for all others.

    Raises TokenTakenError if the token stands for another body.
    """
    if _insert(key, token, digest):
        return None
    row = Idempotency.objects.filter(api_key=key, token=token).first()
    if row is None:  # forgotten between the two statements
        return begin(key, token, digest)
    if bytes(row.body_digest) != digest:
        raise TokenTakenError(
            {HEADER: [_("This key stands for a request with another body: send a new key.")]}
        )
    answer: dict[str, Any] | None = row.answer
    assert answer is not None  # it was written in the transaction that inserted the row
    return answer


def finish(key: ApiKey | None, token: str, answer: dict[str, Any]) -> None:
    """Keeps the answer, in the transaction that began it."""
    Idempotency.objects.filter(api_key=key, token=token).update(answer=answer)


def forget() -> int:
    """Removes what is older than 24 hours, in batches; returns how many."""
    old = Idempotency.objects.filter(created_at__lt=clock.now() - KEPT).order_by("created_at")
    removed = 0
    while ids := list(old.values_list("id", flat=True)[:BATCH]):
        removed += Idempotency.objects.filter(id__in=ids).delete()[0]
    return removed


def _insert(key: ApiKey | None, token: str, digest: bytes) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [key.pk if key else None, token, digest, clock.now()])
        return bool(cursor.rowcount)
