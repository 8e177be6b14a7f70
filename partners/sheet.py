"""A lead as delivery and portal see it: the ticked cells of a sheet, and nothing else.

`distribution` registers the reader that fills sheets; the apps below it never see a lead's table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from leadflip.kit.crypto import SealError

# Sub-fields of an address, each a target of its own in ticks, rules and templates.
ADDRESS_PARTS = (
    "street",
    "house_number",
    "postcode",
    "city",
    "state",
    "country",
    "country_code",
    "latitude",
    "longitude",
)


class Cell(NamedTuple):
    """One ticked value. `value` is JSON: str, number, bool, list of str, or dict of address parts."""

    key: str
    label: str
    type: str
    value: Any
    encrypted: bool = False


class Column(NamedTuple):
    """A field of the lead's entity, without a value."""

    key: str
    label: str
    type: str
    encrypted: bool = False
    sensitive: bool = False

    @property
    def masked(self) -> bool:
        """Whether the staff sees its values only on request; partners see theirs."""
        return self.encrypted or self.sensitive


@dataclass(frozen=True, slots=True)
class Ticks:
    """What a partner may see: everything, or these keys (`address.postcode` for one address part)."""

    everything: bool = True
    keys: frozenset[str] = frozenset()

    @classmethod
    def of(cls, everything: bool, per_entity: Mapping[str, Any], entity_id: int) -> "Ticks":
        """A settings row's ticks for one entity; a subset without that entity ticks nothing."""
        chosen = per_entity.get(str(entity_id), {}).get("ticks", [])
        return cls(everything, frozenset(chosen))

    def value(self, column: Column, value: Any) -> Any:
        """`value` cut to what is ticked; None where nothing of it is."""
        if self.everything or column.key in self.keys:
            return value
        if column.type != "address" or not isinstance(value, dict):
            return None
        return {part: value[part] for part in ADDRESS_PARTS if self._part(column, part) and part in value}

    def covers(self, key: str) -> bool:
        """Whether all of a field, or this part of an address, is ticked."""
        return self.everything or bool(self.keys & {key, key.partition(".")[0]})

    def shows(self, column: Column) -> bool:
        """Whether any of the column is ticked."""
        if self.everything or column.key in self.keys:
            return True
        return column.type == "address" and any(self._part(column, part) for part in ADDRESS_PARTS)

    def _part(self, column: Column, part: str) -> bool:
        return f"{column.key}.{part}" in self.keys


@dataclass(frozen=True, slots=True)
class Sheet:
    """A lead's values behind its ticks. `opener` opens the encrypted ones, when `ticked` needs them."""

    lead_id: UUID
    entity_id: int
    entity: str
    display_field: str
    created_at: datetime
    columns: Sequence[Column]
    values: Mapping[str, Any]
    opener: Callable[[], Mapping[str, Any]] | None = None
    # Since when the values are gone.
    erased_at: datetime | None = None

    def ticked(self, ticks: Ticks) -> tuple[Cell, ...]:
        """The ticked fields in the entity's order, those without a value included (None).

        Raises kit.crypto.SealError when an encrypted field is ticked and does not open.
        """
        shown = self._shown(ticks)
        needs_key = any(column.encrypted for column in shown) and self.opener is not None
        return self._cells(shown, ticks, self.opener() if needs_key and self.opener else {})

    def readable(self, ticks: Ticks) -> tuple[tuple[Cell, ...], frozenset[str]]:
        """`ticked`, and the keys of the encrypted fields that no key opens: their cells are without value."""
        try:
            return self.ticked(ticks), frozenset()
        except SealError:
            shown = self._shown(ticks)
            lost = frozenset(column.key for column in shown if column.encrypted)
            return self._cells(shown, ticks, {}), lost

    def _shown(self, ticks: Ticks) -> list[Column]:
        if ticks.everything:
            return list(self.columns)
        return [column for column in self.columns if ticks.shows(column)]

    def _cells(self, shown: Sequence[Column], ticks: Ticks, opened: Mapping[str, Any]) -> tuple[Cell, ...]:
        values = {**self.values, **opened}
        if not ticks.everything:
            values = {column.key: ticks.value(column, values.get(column.key)) for column in shown}
        return tuple(
            Cell(column.key, column.label, column.type, values.get(column.key), column.encrypted)
            for column in shown
        )


class Cut:
    """What ticks leave of the values of many leads of one entity: found out once, not for each lead."""

    def __init__(self, ticks: Ticks, columns: Iterable[Column]) -> None:
        shown = [column for column in columns if ticks.shows(column)]
        self._ticks = ticks
        self._whole = [column.key for column in shown if ticks.covers(column.key)]
        self._parts = [column for column in shown if not ticks.covers(column.key)]
        self.encrypted = [column for column in shown if column.encrypted]

    def of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The ticked values that there are, by key."""
        found = {key: values[key] for key in self._whole if key in values}
        for column in self._parts:
            found[column.key] = self._ticks.value(column, values.get(column.key))
        return found


class LeadReader(Protocol):
    """Lead values for the apps below distribution."""

    def sheets(self, ids: Iterable[UUID], *, shut: bool = False) -> dict[UUID, Sheet]:
        """The sheets of these leads, in one query; unknown ids are left out.

        `shut`: without what opens encrypted values, for lists, which show none.
        """
        ...

    def cut(self, ids: Sequence[str], cut: Cut) -> dict[str, tuple[dict[str, Any], Sequence[Column]]]:
        """For those who read very many leads: what `cut` leaves of each, in one query.

        By id, as text: its values by key, and the encrypted columns that no key opens.
        """
        ...

    def columns(self, entity_id: int) -> Sequence[Column]:
        """The fields of one entity, in order."""
        ...

    def entities(self, at: int | None = None) -> Sequence[tuple[int, str]]:
        """The id and name of each entity, by name. `at`: the revision, for whoever has read it already."""
        ...

    def recent(self, entity_ids: Iterable[int], most: int) -> Sequence[Sheet]:
        """The latest leads of each of these entities, `most` of each, newest first, without tests."""
        ...

    def examples(self, only: int | None = None, at: int | None = None) -> Sequence[tuple[str, Sheet]]:
        """The name of each entity, or of one, with a made-up lead of it; stored nowhere.

        `at`: the revision, for whoever has read it already.
        """
        ...

    def sample(self, entity_id: int) -> UUID:
        """Stores a made-up lead, marked as a test and routed to nobody; returns its id."""
        ...

    def search(self, text: str, limit: int) -> Sequence[UUID]:
        """The newest leads, at most `limit`, whose e-mail or phone is exactly `text`; newest first."""
        ...

    def known(self, text: str, limit: int, at: int | None = None) -> Mapping[UUID, Set[str]]:
        """What `search` finds, with the keys of the fields in which it was found, encrypted ones too.

        `at`: the revision, for whoever has read it already.
        """
        ...

    def why(self, job_id: UUID, ticks: Ticks) -> str:
        """Why the job's partner got the lead, in its own terms alone; "" where nothing tells it."""
        ...


_readers: list[LeadReader] = []


def register_reader(reader: LeadReader) -> None:
    """Called once, by distribution's AppConfig."""
    _readers[:] = [reader]


def reader() -> LeadReader:
    """The registered reader."""
    return _readers[0]
