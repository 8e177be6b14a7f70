"""Imports at work: a chunk is one transaction, so whatever dies loses no row and takes none twice."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from distribution.catalogue import EntitySpec, entity_spec
from distribution.intake.bulk import accept_rows
from distribution.intake.imports import chunks
from distribution.intake.imports.mapping import Plan
from distribution.intake.imports.preview import origin
from distribution.intake.imports.reading import Record
from distribution.intake.origin import Outcome
from distribution.models import Import, ImportChunk
from distribution.models.entity import OnDuplicate
from distribution.models.imports import ImportState
from leadflip.kit import clock, show
from leadflip.kit.trace import where
from partners.models.revision import hold_shared

log = structlog.get_logger(__name__)

SECONDS = 5.0
# The speed is that of the last half minute; without a chunk for that long something is wrong.
WINDOW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is, in rows. `rate` is rows a second, `left` seconds; None before they are known."""

    rows: int
    done: int
    created: int
    updated: int
    skipped: int
    refused: int
    rate: float | None
    left: float | None
    stalled: bool

    @property
    def speed(self) -> str:
        """«1,240 rows a second, 2 min left»."""
        if self.rate is None or self.left is None:
            return ""
        told = {"rate": show.number(round(self.rate)), "left": show.span(timedelta(seconds=self.left))}
        return _("%(rate)s rows a second, %(left)s left") % told


def start(*, run: Import, on_duplicate: OnDuplicate, route: bool) -> bool:
    """Lets the workers begin; False where they did."""
    mapped = Import.objects.filter(pk=run.pk, state=ImportState.MAPPING)
    now = clock.now()
    return bool(
        mapped.update(state=ImportState.RUNNING, on_duplicate=on_duplicate, route=route, started_at=now)
    )


def stop(*, run: Import) -> bool:
    """Ends an import after the chunk that is being done; what was imported stays. False after the end."""
    running = Import.objects.filter(pk=run.pk, state=ImportState.RUNNING)
    return bool(running.update(state=ImportState.STOPPED, ended_at=clock.now()))


def carry_on() -> int:
    """Does the next chunks of all imports that run, until none is left or 5 s are over; returns how many.

    Safe to run twice at a time: an import that one run holds is skipped by the other.
    """
    end, done, failed = time.monotonic() + SECONDS, 0, list[int]()
    while (run := _one(failed)) is not None:
        done += run
        if time.monotonic() >= end:
            break
    return done


def progress(run: Import) -> Progress:
    """How far it is now."""
    over = run.chunks.filter(done_at__isnull=False)
    names = ("rows", "created", "updated", "skipped", "refused")
    sums = over.aggregate(**{name: Sum(name, default=0) for name in names})
    done, now = sums.pop("rows"), clock.now()
    began = max(run.started_at or now, now - WINDOW)
    lately = over.filter(done_at__gt=began).aggregate(rows=Sum("rows", default=0))["rows"]
    seconds = (now - began).total_seconds()
    rate = lately / seconds if lately and seconds >= 1 else None
    waits = run.started_at is not None and now - run.started_at > WINDOW and not lately
    return Progress(
        rows=run.rows,
        done=done,
        rate=rate,
        left=(run.rows - done) / rate if rate else None,
        stalled=waits and run.state == ImportState.RUNNING,
        **sums,
    )


def _one(failed: list[int]) -> int | None:
    """Does one chunk of an import that nobody holds: 1, or 0 where that failed; None where there is none."""
    held: list[int] = []
    try:
        with transaction.atomic():
            return _next(hold_shared(), failed, held)
    except Exception as error:
        if not held:
            raise
        # Its words may hold values of a lead.
        log.error("import_failed", run=held[0], error=type(error).__name__, where=where(error))
        failed.extend(held)
        return 0


def _next(revision: int, failed: Sequence[int], held: list[int]) -> int | None:
    running = Import.objects.filter(state=ImportState.RUNNING).exclude(pk__in=failed).order_by("pk")
    run = running.select_for_update(skip_locked=True, no_key=True).first()
    if run is None:
        return None
    held.append(run.pk)
    open_ones = list(run.chunks.filter(done_at=None).order_by("number")[:2])
    if open_ones:
        _do(run, open_ones[0], entity_spec(revision, run.entity_id))
    if len(open_ones) < 2:
        run.state, run.ended_at = ImportState.DONE, clock.now()
        run.save(update_fields=["state", "ended_at"])
    return 1


def _do(run: Import, chunk: ImportChunk, entity: EntitySpec) -> None:
    plan = Plan(run.columns, run.mapping, entity)
    rows = [(record, plan.fault(record)) for record in chunks.records(run, chunk)]
    bodies = [plan.body(record) for record, fault in rows if not fault]
    taken = iter(accept_rows(origin=origin(run), entity=entity, rows=bodies, route=run.route))
    outcomes = [(record, Outcome(errors=fault) if fault else next(taken)) for record, fault in rows]
    _note(chunk, outcomes)


def _note(chunk: ImportChunk, outcomes: Sequence[tuple[Record, Outcome]]) -> None:
    refused = [(*record, outcome.errors) for record, outcome in outcomes if outcome.refused]
    kinds = [outcome.duplicate for _record, outcome in outcomes if not outcome.refused]
    chunk.created, chunk.updated = kinds.count(""), kinds.count("updated")
    chunk.skipped, chunk.refused = kinds.count("skipped"), len(refused)
    chunk.put_refused(refused)
    chunk.done_at = clock.now()
    chunk.save()
