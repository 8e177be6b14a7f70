"""Writes the audit log. Call inside the transaction of what is recorded."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db.models import Model

from leadflip.kit import clock
from partners.audit.told import Hidden, Told, told
from partners.models import AuditEntry, User
from partners.models.audit import Verb

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Change = dict[str, str]
# Of a value so much is kept.
LONGEST = 4000


@contextmanager
def watching(by: User, *objects: Model) -> Iterator[None]:
    """Records what of saved `objects` is another after the block, an entry each."""
    before = [told(obj) for obj in objects]
    yield
    for obj, old in zip(objects, before, strict=True):
        changed(by=by, obj=obj, before=old, after=told(obj))


def changed(*, by: User | None, obj: Model, before: Told | None, after: Told | None) -> AuditEntry | None:
    """The entry of what differs; None, and nothing written, where nothing does.

    `before` None: the object is new. `after` None: it is gone, or is about to be.
    """
    verb = Verb.ADDED if before is None else Verb.DELETED if after is None else Verb.CHANGED
    changes = list(_differences(before or Told(), after or Told()))
    if not changes and verb == Verb.CHANGED:
        return None
    return _write([_entry(by, verb, obj, changes)])[0]


def acted(*, by: User | None, what: "StrOrPromise", objects: Iterable[Model]) -> None:
    """Somebody did `what` (“Resend”) with the objects, one entry each."""
    _write([_entry(by, Verb.ACTED, obj, [{"what": str(what)}]) for obj in objects])


def looked(*, by: User, obj: Model, what: Iterable[str]) -> None:
    """Somebody opened `what` (labels, never values) of the object."""
    _write([_entry(by, Verb.LOOKED, obj, [{"what": each} for each in what])])


def note(*, by: User | None, verb: Verb, obj: Model, changes: Sequence[Change] = ()) -> None:
    """Any other entry."""
    _write([_entry(by, verb, obj, list(changes))])


def _entry(by: User | None, verb: Verb, obj: Model, changes: list[Change]) -> AuditEntry:
    return AuditEntry(
        at=clock.now(),
        user=by,
        who=_person(by)[:320],
        verb=verb,
        model=obj._meta.label_lower,
        object_id=str(obj.pk),
        name=str(obj)[:200],
        changes=changes,
    )


def _person(by: User | None) -> str:
    return "" if by is None else f"{by.name} <{by.email}>" if by.name else by.email


def _write(entries: list[AuditEntry]) -> list[AuditEntry]:
    return AuditEntry.objects.bulk_create(entries)


def _differences(before: Told, after: Told, owner: str = "") -> Iterator[Change]:
    for key in {**after.values, **before.values}:
        label, new = after.values.get(key, (before.values.get(key, ("",))[0], ""))
        old = before.values[key][1] if key in before.values else ""
        if old != new and (old or new):
            yield {"what": f"{owner}{label}", **_both(old, new)}
    for key in {**after.rows, **before.rows}:
        yield from _row(before.rows.get(key), after.rows.get(key), owner)


def _row(before: tuple[str, Told] | None, after: tuple[str, Told] | None, owner: str) -> Iterator[Change]:
    if before and after:
        yield from _differences(before[1], after[1], f"{owner}{after[0]}: ")
    elif after:
        yield {"what": f"{owner}{after[0]}", **_both("", str(after[1]))}
    elif before:
        yield {"what": f"{owner}{before[0]}", **_both(str(before[1]), "")}


def _both(old: Any, new: Any) -> Change:
    if isinstance(old, Hidden) or isinstance(new, Hidden):
        return {"secret": "changed" if old and new else "set" if new else "removed"}
    return {"old": old[:LONGEST], "new": new[:LONGEST]}
