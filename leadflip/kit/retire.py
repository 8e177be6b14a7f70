"""What is older than it is kept goes, in batches: oldest first, each in a commit of its own.

The tables are walked by their key, which grows with time, so a batch costs the same however many rows there
are; who is killed or out of time begins at the oldest again.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, QuerySet

from leadflip.kit import clock

BATCH = 1000
SECONDS = 50.0
# Batches without an old row, one after another, that a run looks through.
PATIENCE = 5
Remove = Callable[[list[Any]], int]


def retire(
    rows: QuerySet[Any], at: str, days: int, remove: Remove | None = None, *, seconds: float = SECONDS
) -> int:
    """Removes `rows` whose time `at` is more than `days` ago, for some seconds; returns how many.

    With 0 days nothing is removed. `remove` gets keys and says how many rows went; it may leave some. Behind
    so many young rows no old one is looked for.
    """
    if not days:
        return 0
    end, edge = time.monotonic() + seconds, clock.now() - timedelta(days=days)
    remove = remove or _delete(rows.model)
    count, after, patience = 0, None, PATIENCE
    while patience and time.monotonic() < end:
        page = _page(rows, at, after)
        old = [key for key, when in page if when < edge]
        patience = PATIENCE if old else patience - 1
        if not page:
            break
        count, after = count + (remove(old) if old else 0), page[-1][0]
    return count


def _page(rows: QuerySet[Any], at: str, after: Any) -> list[tuple[Any, datetime]]:
    left = rows if after is None else rows.filter(pk__gt=after)
    return list(left.order_by("pk").values_list("pk", at)[:BATCH])


def _delete(model: type[Model]) -> Remove:
    def remove(keys: list[Any]) -> int:
        return model._default_manager.filter(pk__in=keys).delete()[0]

    return remove
