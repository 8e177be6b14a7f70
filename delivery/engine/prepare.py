"""From claimed rows to parcels: settings by version, ticked cells opened. Runs in a thread.

Three queries at most for a whole claim; settings that are known in this version are not read again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from delivery.channels.base import Configuration, Lettering, Parcel, Temporary
from delivery.engine.claim import Claimed
from leadflip.kit import clock
from leadflip.kit.crypto import SealError
from partners.kinds import KINDS
from partners.models import DeliverySettings
from partners.sheet import Sheet, Ticks, reader

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """One settings row as the engine uses it."""

    version: int
    config: Any
    secrets: dict[str, Any]
    error: Exception | None
    everything: bool
    per_entity: dict[str, Any]


class Preparer:
    """Keeps the settings it has read, each until a newer version is asked for."""

    def __init__(self) -> None:
        self._known: dict[int, Known] = {}

    def parcels(self, claimed: Sequence[Claimed]) -> list[Parcel[Any] | Exception]:
        """A parcel, or what prevents it, for each row in order. Raises what the database raises."""
        self._learn(claimed)
        sheets = reader().sheets({row.lead_id for row in claimed})
        now = clock.now()
        return [self._safely(row, sheets.get(row.lead_id), now) for row in claimed]

    def _safely(self, row: Claimed, sheet: Sheet | None, now: datetime) -> Parcel[Any] | Exception:
        # One row that cannot be prepared is its own failed attempt, and nobody else's.
        try:
            return self._parcel(row, sheet, now)
        except Exception as error:
            return error

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

    def _parcel(self, row: Claimed, sheet: Sheet | None, now: datetime) -> Parcel[Any]:
        known = self._known[row.settings_id]
        if sheet is None:
            raise Configuration("settings", "The lead's values are gone.", endpoint=False)
        if known.error is not None:
            raise known.error.with_traceback(None)
        try:
            cells = sheet.ticked(Ticks.of(known.everything, known.per_entity, sheet.entity_id))
        except SealError:
            raise Temporary("sealed", "No key in ENCRYPTION_KEYS opens this lead.", endpoint=False) from None
        texts = known.per_entity.get(str(sheet.entity_id), {})
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
            lettering=Lettering(texts.get("subject", ""), texts.get("body", "")),
            recipients=row.recipients,
            price=None if row.price is None else str(row.price),
            currency=row.currency,
            display_field=sheet.display_field,
            timeout=row.policy.timeout,
            test=row.test,
            now=now,
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
    return Known(row.version, config, secrets, error, row.everything, row.per_entity)
