"""One line a delivered lead, printed while `make run` stays up."""

from collections.abc import Callable

from django.db import Error, connections

from delivery.models import Attempt
from delivery.models.attempt import Outcome

MOST = 20


class News:
    """Follows the attempts by their ids, which costs the database one look into an index."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = self._newest()

    def tell(self) -> None:
        """Print what was delivered since the last call. A database that is away is asked again later."""
        try:
            new = list(
                Attempt.objects.filter(id__gt=self._last, outcome=Outcome.DELIVERED)
                .select_related("job__partner")
                .order_by("id")[: MOST + 1]
            )
        except Error:
            connections.close_all()
            return
        for attempt in new[:MOST]:
            self._say(_line(attempt))
        if len(new) > MOST:
            self._say("  … and more")
            self._last = self._newest()
        elif new:
            self._last = new[-1].pk

    def _newest(self) -> int:
        return Attempt.objects.order_by("-id").values_list("id", flat=True).first() or 0


def _line(attempt: Attempt) -> str:
    job = attempt.job
    took = f"{attempt.code or ''} in {attempt.ms or 0} ms".strip()
    return f"  {job.kind:<8}delivered  {took}  {job.partner}"
