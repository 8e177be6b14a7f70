"""From claimed rows to parcels: settings by version, ticked cells opened.

What is read is read in a thread, by two queries at most for a whole claim; settings that are known in
this version are not read again. The parcels are made one by one, each as its call begins.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from delivery.channels.base import Configuration, Lettering, Parcel, Temporary
from delivery.engine.claim import Claimed
from leadflip.kit import clock
from leadflip.kit.crypto import SealError
from partners.kinds import KINDS
from partners.models import DeliverySettings
from partners.sheet import Cell, Sheet, Ticks, reader

Make = Callable[[], Parcel[Any]]

KEPT = 10_000
SHORTEST_SECRET = 4


@dataclass(frozen=True, slots=True)
class Known:
    """One settings row as the engine uses it."""

    version: int
    config: Any
    secrets: dict[str, Any]
    hidden: tuple[str, ...]
    error: Exception | None
    everything: bool
    per_entity: dict[str, Any]


class Preparer:
    """Keeps the settings it has read, each until a newer version is asked for."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}

    def read(self, claimed: Sequence[Claimed]) -> list[Make]:
        """What makes each row's parcel, in order. Raises what the database raises."""
        self._learn(claimed)
        sheets = reader().sheets({row.lead_id for row in claimed})
        return [
            partial(parcel, row, self._known.get(row.settings_id), sheets.get(row.lead_id)) for row in claimed
        ]

    def _learn(self, claimed: Iterable[Claimed]) -> None:
        stale = {row.settings_id for row in claimed if not self._has(row)}
        if len(self._known) + len(stale) > KEPT:
            self._known.clear()
            stale = {row.settings_id for row in claimed}
        for row in DeliverySettings.objects.filter(id__in=stale) if stale else ():
            self._known[row.pk] = _known(row)

    def _has(self, row: Claimed) -> bool:
        known = self._known.get(row.settings_id)
        return known is not None and known.version >= row.version


def parcel(row: Claimed, known: Known | None, sheet: Sheet | None) -> Parcel[Any]:
    """All that this row's attempt needs. Raises what prevents it, a DeliveryError where foreseen."""
    if known is None:
        raise Configuration("settings", "The delivery settings are gone.", endpoint=False)
    if sheet is None or sheet.erased_at is not None:
        raise Configuration("erased", "The lead's values are gone.", endpoint=False)
    if known.error is not None:
        raise known.error.with_traceback(None)
    try:
        cells = sheet.ticked(Ticks.of(known.everything, known.per_entity, sheet.entity_id))
    except SealError:
        raise Temporary("sealed", "No key in ENCRYPTION_KEYS opens this lead.", endpoint=False) from None
    return _filled(row, sheet, cells, known)


def _filled(row: Claimed, sheet: Sheet, cells: tuple[Cell, ...], known: Known) -> Parcel[Any]:
    return Parcel(
        id=row.id,
        attempt=row.attempt,
        lead_id=row.lead_id,
        entity=sheet.entity,
        entity_id=sheet.entity_id,
        partner_id=row.partner_id,
        settings_id=row.settings_id,
        lead_created_at=sheet.created_at,
        cells=cells,
        config=known.config,
        secrets=known.secrets,
        hidden=known.hidden,
        lettering=Lettering.of(known.per_entity, sheet.entity_id),
        recipients=row.recipients,
        price=None if row.price is None else str(row.price),
        currency=row.currency,
        display_field=sheet.display_field,
        timeout=row.policy.timeout,
        test=row.test,
        now=clock.now(),
    )


def _known(row: DeliverySettings) -> Known:
    config: Any = None
    secrets: dict[str, Any] = {}
    error: Exception | None = None
    try:
        secrets = row.secrets()
        config = KINDS[row.kind].load(row.config)
    except SealError:
        error = Temporary("sealed", "No key in ENCRYPTION_KEYS opens the delivery settings' secrets.")
    except Exception as unforeseen:
        error = unforeseen
    hidden = tuple(_texts(secrets))
    return Known(row.version, config, secrets, hidden, error, row.everything, row.per_entity)


def _texts(value: Any) -> Iterator[str]:
    """All texts in a settings row's secrets that are long enough to be one."""
    if isinstance(value, str) and len(value) >= SHORTEST_SECRET:
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
