"""The rows that were not taken, as a CSV file that can be mended and uploaded again."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice

from distribution.intake.imports.preview import Cause, Refused, causes
from distribution.models import Import
from distribution.models.imports import RefusedRow
from leadflip.kit.csvguard import guard

ERROR = "error"
BOM = "\ufeff"
# Rows of which the summary tells what was wrong.
LOOKED = 1000


def summary(run: Import) -> list[Cause]:
    """What was wrong with the first 1,000 refused rows."""
    return causes(Refused(row, errors) for row, _cells, errors in islice(_rows(run), LOOKED))


def file(run: Import) -> Iterator[str]:
    """The file, a piece a row: the columns as they came, and at the end what was wrong."""
    delimiter = run.reading["delimiter"]
    # A file that is mended for the second time has the column already.
    keep = [place for place, name in enumerate(run.columns) if name != ERROR]
    names = [run.columns[place] or run.mapping[place] or f"column_{place + 1}" for place in keep]
    yield BOM + _line([*names, ERROR], delimiter)
    for _row, cells, errors in _rows(run):
        padded = [*cells, *[""] * (len(run.columns) - len(cells))]
        beyond = cells[len(run.columns) :]
        yield _line([*(padded[place] for place in keep), _words(errors), *beyond], delimiter)


def _rows(run: Import) -> Iterator[RefusedRow]:
    full = run.chunks.filter(sealed_refused__isnull=False).order_by("number")
    for chunk in full.defer("sealed").iterator(chunk_size=10):
        yield from chunk.refused_rows


def _words(errors: dict[str, list[str]]) -> str:
    told = ((name, message) for name, messages in errors.items() for message in messages)
    return " · ".join(f"{name}: {message}" if name else message for name, message in told)


def _line(cells: Iterable[str], delimiter: str) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(guard(cell) for cell in cells)
    return buffer.getvalue()
