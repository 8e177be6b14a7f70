"""From the bytes of a CSV file to its rows: encoding and separator are found out, nothing is repaired."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from statistics import mode
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext as _

DELIMITERS = (",", ";", "\t")
# Rows of a chunk; of a file, as many as a sheet of a spreadsheet has.
CHUNK, MOST_ROWS, MOST_COLUMNS = 500, 1_048_576, 500
# Characters and rows from which the separator is guessed.
HEAD, HEAD_ROWS = 64 * 1024, 50
PIECE = 64 * 1024
FALLBACK = "cp1252"
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
ENCODINGS = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", FALLBACK: "Windows-1252"}


class FileError(ValueError):
    """Why a file cannot be read, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read. `header`: its first row has the columns' names."""

    encoding: str
    delimiter: str
    header: bool

    def document(self) -> dict[str, Any]:
        """As an import keeps it."""
        return asdict(self)

    @property
    def encoding_words(self) -> str:
        """The encoding's name for people."""
        return ENCODINGS[self.encoding]


class Record(NamedTuple):
    """One row that is not blank; `row` counts from 1 as a spreadsheet does."""

    row: int
    cells: list[str]


class Batch(NamedTuple):
    """Some rows as they stand in the file; `first` is the number of the first one, blank ones count."""

    first: int
    text: str
    rows: int


def open_text(file: BinaryIO) -> tuple[str, io.TextIOWrapper]:
    """The encoding, and the file as text with its own line ends. Raises FileError."""
    encoding = _encoding(file)
    file.seek(0)
    return encoding, io.TextIOWrapper(file, encoding, newline="")


def guess_delimiter(head: str) -> str:
    """The separator by which most rows of the file's beginning are equally long."""
    return max(DELIMITERS, key=lambda delimiter: _evenness(head, delimiter))


def batches(lines: Iterable[str], delimiter: str) -> Iterator[Batch]:
    """A file's rows, 500 at a time. Raises FileError."""
    taken: list[str] = []
    first, row, count, total = 1, 0, 0, 0
    reader = csv.reader(_tapped(lines, taken), delimiter=delimiter)
    while (cells := _next(reader, row + 1)) is not None:
        row += 1
        if _is_blank(cells):
            continue
        _check(cells, row, total := total + 1)
        count += 1
        if count == CHUNK:
            yield Batch(first, "".join(taken), count)
            taken.clear()
            first, count = row + 1, 0
    if count:
        yield Batch(first, "".join(taken), count)


def records(text: str, first: int, delimiter: str) -> Iterator[Record]:
    """The rows of a batch that are not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return (Record(row, cells) for row, cells in enumerate(reader, first) if not _is_blank(cells))


def _encoding(file: BinaryIO) -> str:
    start = file.read(4)
    marked = next((name for mark, name in MARKS if start.startswith(mark)), None)
    tried = [marked] if marked else ["utf-8", FALLBACK]
    for name in tried:
        if _reads(file, name):
            return name
    message = _("The file is damaged or no CSV file: it is no text in UTF-8, UTF-16 or Windows-1252.")
    raise FileError(message + " " + _("Save it again as “CSV UTF-8”."))


def _reads(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        while text.read(PIECE):
            pass
    except UnicodeError:
        return False
    finally:
        text.detach()
    return True


def _evenness(head: str, delimiter: str) -> tuple[bool, float, int]:
    try:
        widths = [len(each.cells) for each in records(head, 1, delimiter)]
    except csv.Error:
        return False, 0, 0
    # The last row may be cut.
    widths = widths[: max(len(widths) - 1, 1)][:HEAD_ROWS]
    if not widths:
        return False, 0, 0
    usual = mode(widths)
    return usual > 1, widths.count(usual) / len(widths), usual


def _tapped(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _next(reader: Iterator[list[str]], row: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error:
        message = _("Row %(row)d has a cell of more than %(most)d characters.")
        hint = _("Is a closing quotation mark missing?")
        raise FileError(f"{message % {'row': row, 'most': csv.field_size_limit()}} {hint}") from None


def _check(cells: list[str], row: int, total: int) -> None:
    if any("\0" in cell for cell in cells):
        message = _("Row %(row)d holds the character NUL, so the file is damaged or no text.")
        raise FileError(message % {"row": row} + " " + _("Save it again as “CSV UTF-8”."))
    if len(cells) > MOST_COLUMNS:
        message = _("Row %(row)d has %(count)d columns; a file may have %(most)d.")
        raise FileError(message % {"row": row, "count": len(cells), "most": MOST_COLUMNS})
    if total > MOST_ROWS:
        raise FileError(_("The file has more than %(most)d rows: split it.") % {"most": MOST_ROWS})


def _is_blank(cells: list[str]) -> bool:
    return not any(cell and not cell.isspace() for cell in cells)
