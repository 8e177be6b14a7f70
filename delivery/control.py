"""`celery -A leadflip inspect engine`: each worker says what it sees of the engines and their queue."""

from typing import Any

from celery.worker.control import inspect_command


@inspect_command()
def engine(state: Any, **_kwargs: Any) -> dict[str, Any]:
    """Engines alive, calls in flight, jobs due, lanes that wait."""
    # Celery's command line reads this file before Django is set up.
    from django.db import connection

    from delivery.metrics import overview

    try:
        return overview()
    finally:
        # The worker's main process forks; it keeps no connection that a child would share.
        connection.close()
