"""An erasure from its beginning to its report: at once where that is soon done, else by the workers."""

import time
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from delivery import erase as delivery
from distribution.erasing import imports
from distribution.erasing.erase import BATCH, erase
from distribution.models import Erasure, ImportChunk, Lead
from distribution.models.erasure import FoundBy
from leadflip.kit import clock
from partners.models import User

SECONDS = 5.0
FEW_CHUNKS = 100


def start(*, leads: Sequence[UUID], found_by: FoundBy, by: User) -> Erasure:
    """Notes what is to be erased; whoever calls `carry_on`, or a worker, does it."""
    names = [str(lead) for lead in leads]
    return Erasure.objects.create(by=by, found_by=found_by, leads=names, left=names, started_at=clock.now())


def is_short() -> bool:
    """Whether so few imported rows are kept that somebody may wait while they are looked through."""
    kept = ImportChunk.objects.exclude(sealed=None, sealed_refused=None)
    return kept[: FEW_CHUNKS + 1].count() <= FEW_CHUNKS


def carry_on(only: int | None = None, seconds: float = SECONDS) -> int:
    """Does what open erasures have left, for some seconds; returns how many leads were erased.

    Safe to run twice at a time and to be killed: each batch is one transaction with its own record.
    """
    end = time.monotonic() + seconds
    erased = 0
    wanted = Erasure.objects.filter(finished_at=None, **({"pk": only} if only else {})).order_by("pk")
    for number in list(wanted.values_list("pk", flat=True)):
        _imports(number)
        while time.monotonic() < end:
            done = _batch(number)
            if done is None:
                break
            erased += done
            if not done:
                # What is left is being sent: it ends by itself.
                break
    return erased


def _imports(number: int) -> None:
    """While the leads' values are there, which tell the rows."""
    row = Erasure.objects.get(pk=number)
    gone = imports.erase(imports.marks(list(Lead.objects.filter(pk__in=row.left_ids))))
    if gone:
        with transaction.atomic():
            row = Erasure.objects.select_for_update().get(pk=number)
            row.add({"rows": gone})
            row.save(update_fields=["counts"])


@transaction.atomic
def _batch(number: int) -> int | None:
    """How many leads were erased; None where another is at it, or nothing is left."""
    row = Erasure.objects.filter(pk=number, finished_at=None).select_for_update(skip_locked=True).first()
    if row is None:
        return None
    taken = row.left_ids[:BATCH]
    done = erase(taken)
    row.add(done.counts)
    row.owe(_copies(done.erased))
    # Those that are being sent go to the end.
    row.left = [str(lead) for lead in (*row.left_ids[BATCH:], *sorted(done.busy))]
    if not row.left:
        _finish(row)
    row.save(update_fields=["counts", "copies", "left", "finished_at"])
    return len(done.erased)


def _finish(row: Erasure) -> None:
    row.finished_at = clock.now()


def _copies(leads: Sequence[UUID]) -> list[dict[str, object]]:
    return [
        {
            "lead": str(copy.lead_id),
            "partner_id": copy.partner_id,
            "partner": copy.partner,
            "kind": copy.kind,
            "at": copy.at.isoformat(),
            "certain": copy.certain,
        }
        for copy in delivery.copies(leads)
    ]
