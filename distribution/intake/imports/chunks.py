"""A file's rows in the database: sealed, 500 at a time, each chunk with the text that it came from."""

import io
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, islice
from typing import BinaryIO

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from distribution.catalogue import EntitySpec
from distribution.intake.imports import mapping, reading
from distribution.intake.imports.reading import FileError, Reading, Record
from distribution.models import Import, ImportChunk
from distribution.models.imports import ASIDE, ImportState
from leadflip.kit import clock

KEPT = timedelta(days=7)


@transaction.atomic
def take(
    *, run: Import, entity: EntitySpec, file: BinaryIO, delimiter: str = "", header: bool | None = None
) -> None:
    """Saves a new import with the rows of `file`; what is not said of it is guessed. Raises FileError."""
    encoding, text = reading.open_text(file)
    head = text.read(reading.HEAD)
    delimiter = delimiter or reading.guess_delimiter(head)
    text.seek(0)
    if header is None:
        first = next(reading.records(head, 1, delimiter), Record(1, []))
        header = mapping.is_header(first.cells, entity)
    run.save()
    _store(run, entity, text, Reading(encoding, delimiter, header))


@transaction.atomic
def read_again(*, run: Import, entity: EntitySpec, delimiter: str, header: bool) -> None:
    """Reads the same text another way, and matches the columns anew, unless it was started meanwhile.

    Raises FileError.
    """
    mapped = Import.objects.filter(pk=run.pk, state=ImportState.MAPPING)
    if mapped.select_for_update(no_key=True).first() is None:
        return
    run.chunks.update(number=F("number") + ASIDE)
    _store(run, entity, _lines(run), Reading(_reading(run).encoding, delimiter, header))
    run.chunks.filter(number__gte=ASIDE).delete()


def records(run: Import, chunk: ImportChunk) -> Iterator[Record]:
    """The chunk's rows, without the header row. Raises SealError."""
    how = _reading(run)
    first, text = chunk.text
    rows = reading.records(text, first, how.delimiter)
    return islice(rows, 1 if how.header and chunk.number == 0 else 0, None)


def first_records(run: Import, most: int) -> Iterator[Record]:
    """The first rows of the file."""
    opened = run.chunks.filter(sealed__isnull=False).order_by("number")[: most // reading.CHUNK + 1]
    return islice(chain.from_iterable(records(run, chunk) for chunk in opened), most)


def forget() -> int:
    """Empties what ended a week ago, and removes what was never started; returns how many chunks."""
    old = clock.now() - KEPT
    never, _by_model = Import.objects.filter(state=ImportState.MAPPING, created_at__lt=old).delete()
    ended = ImportChunk.objects.filter(run__ended_at__lt=old)
    full = ended.exclude(sealed=None, sealed_refused=None)
    # A file may have had no names of columns, but somebody in its first row.
    Import.objects.filter(ended_at__lt=old).exclude(columns=[]).update(columns=[])
    return never + full.update(sealed=None, sealed_refused=None)


def _store(run: Import, entity: EntitySpec, lines: Iterable[str], how: Reading) -> None:
    run.reading, run.rows, run.columns = how.document(), 0, []
    widest = 0
    for number, batch in enumerate(reading.batches(lines, how.delimiter)):
        rows = list(reading.records(batch.text, batch.first, how.delimiter))
        widest = max(widest, *(len(each.cells) for each in rows))
        if number == 0 and how.header:
            run.columns, widest = rows[0].cells, len(rows[0].cells)
        # A file that says what its columns are has these alone.
        widest = len(run.columns) or widest
        _add(run, number, batch, len(rows) - (number == 0 and how.header))
    if not run.rows:
        raise FileError(_("The file has no rows to import."))
    run.columns = run.columns or [""] * widest
    run.mapping = mapping.guess(run.columns, entity)
    run.save()


def _add(run: Import, number: int, batch: reading.Batch, rows: int) -> None:
    chunk = ImportChunk(run=run, number=number, rows=rows)
    chunk.put_text(batch.first, batch.text)
    chunk.save(force_insert=True)
    run.rows += rows


def _lines(run: Import) -> Iterator[str]:
    for chunk in run.chunks.filter(number__gte=ASIDE).order_by("number").iterator(chunk_size=10):
        yield from io.StringIO(chunk.text[1], newline="")


def _reading(run: Import) -> Reading:
    return Reading(**run.reading)
