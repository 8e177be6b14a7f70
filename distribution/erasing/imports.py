"""A person's rows in CSV files that are on their way in, or were within the last week."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence

from django.db import transaction

from distribution.catalogue import entities
from distribution.erasing.find import opened
from distribution.intake.imports.reading import Reading
from distribution.models import Import, ImportChunk, Lead
from leadflip.kit.crypto import SealError
from partners.models import Revision

# Shorter texts stand in other people's rows too.
SHORTEST = 6


def marks(leads: Collection[Lead]) -> set[str]:
    """What the person's rows hold: e-mail addresses and phone numbers, in normal form and as typed."""
    known = entities(Revision.current())
    found: set[str] = set()
    for lead in leads:
        hidden = opened(lead)
        for spec in known[lead.entity_id].keyed:
            if spec.type in ("email", "phone"):
                texts = (each.get(spec.key) for each in (lead.values, lead.raw, hidden))
                found |= {_plain(str(text)) for text in texts if text}
    return {text for text in found if len(text) >= SHORTEST}


def erase(wanted: Collection[str]) -> int:
    """Takes the rows out of every chunk that is kept, each in a commit of its own; returns how many."""
    if not wanted:
        return 0
    kept = ImportChunk.objects.exclude(sealed=None, sealed_refused=None).order_by("pk")
    return sum(_one(chunk, wanted) for chunk in list(kept.values_list("pk", flat=True)))


@transaction.atomic
def _one(chunk_id: int, wanted: Collection[str]) -> int:
    chunk = (
        ImportChunk.objects.select_for_update(no_key=True, of=("self",))
        .select_related("run")
        .get(pk=chunk_id)
    )
    try:
        gone = _rows(chunk, wanted) + _refused(chunk, wanted)
    except SealError:
        # Nobody can read it, and it is emptied after a week.
        return 0
    if gone:
        chunk.save(update_fields=["sealed", "sealed_refused"])
    return gone


def _rows(chunk: ImportChunk, wanted: Collection[str]) -> int:
    """A blank line takes a row's place: it is passed over, and the rows behind keep their numbers."""
    if chunk.sealed is None:
        return 0
    first, text = chunk.text
    delimiter = Reading(**chunk.run.reading).delimiter
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    kept = [[] if _holds(cells, wanted) else cells for cells in rows]
    gone = sum(bool(before) and not after for before, after in zip(rows, kept, strict=True))
    if gone:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=delimiter).writerows(kept)
        chunk.put_text(first, buffer.getvalue())
        if chunk.number == 0:
            _columns(chunk.run, wanted)
    return gone


def _columns(run: Import, wanted: Collection[str]) -> None:
    """A file without names of columns has somebody in its first row."""
    if _holds(run.columns, wanted):
        Import.objects.filter(pk=run.pk).update(columns=["" for _column in run.columns])


def _refused(chunk: ImportChunk, wanted: Collection[str]) -> int:
    rows = chunk.refused_rows
    kept = [row for row in rows if not _holds(row[1], wanted)]
    if len(kept) != len(rows):
        chunk.put_refused(kept)
    return len(rows) - len(kept)


def _holds(cells: Sequence[str], wanted: Collection[str]) -> bool:
    return any(text in wanted for text in _texts(cells))


def _texts(cells: Sequence[str]) -> Iterator[str]:
    for cell in cells:
        yield _plain(cell)


def _plain(text: str) -> str:
    """Without case, blanks and the signs that phone numbers are written with."""
    return "".join(sign for sign in text.casefold() if sign.isalnum() or sign in "@+._")
