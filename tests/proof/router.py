"""What one router does: routes what waits and tells what ended, as a worker does, until it is killed."""

import os
import random
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

from django.db import connection

from delivery.engine import news
from distribution.routing import waiting

REST = 0.25
# One look instead of a dozen statements, while there is nothing that nobody else is at.
LOOKS = (
    "SELECT 1 FROM distribution_lead WHERE routing = 'waiting' LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED",
    "SELECT 1 FROM delivery_job WHERE NOT told AND status IN ('failed', 'cancelled')"
    " LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED",
)


def work(seed: int, sizes: Sequence[int]) -> NoReturn:
    """Batches of one of `sizes` leads. The name of its connection says who it is: see `Routers.routing`."""
    rng = random.Random(seed)
    options = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = {**options, "application_name": f"router-{os.getpid()}"}
    # A batch a call, each of another size.
    waiting.SECONDS = 0
    while True:
        waiting.BATCH = rng.choice(sizes)
        if not any(map(_finds, LOOKS)) or not waiting.drain() + _tell():
            time.sleep(rng.uniform(0, REST))


def _finds(look: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(look)
        return cursor.fetchone() is not None


def _tell() -> int:
    """Tells as the engine's thread does: a turn that fails is undone, and done again."""
    try:
        return news.tell().told
    except Exception as error:
        sys.stderr.write(f"router {os.getpid()}: telling failed: {type(error.__cause__ or error).__name__}\n")
        sys.stderr.flush()
        return 0
