"""Leads that are there already: noted on them, and where wanted they take what is new."""

from collections.abc import Sequence
from uuid import UUID

from distribution.catalogue import EntitySpec
from distribution.fields.base import is_empty
from distribution.intake import edit
from distribution.intake.origin import Origin, Outcome
from distribution.intake.read import Ready
from distribution.models import Repeat
from distribution.models.entity import OnDuplicate
from leadflip.kit import clock
from leadflip.kit.ids import instant


def skip(origin: Origin, repeats: Sequence[tuple[UUID, Ready]]) -> list[Outcome]:
    """Leaves the leads that are there as they are."""
    _note(origin, repeats, OnDuplicate.SKIP)
    return [Outcome(lead_id, instant(lead_id), row.ignored, "skipped") for lead_id, row in repeats]


def update(entity: EntitySpec, origin: Origin, lead_id: UUID, row: Ready) -> Outcome:
    """Puts what was sent and is not empty into the lead that is there. Raises IntakeError."""
    sent = {key: raw for key, raw in row.sent.items() if not is_empty(raw)}
    edit.change(lead_id=lead_id, entity=entity, sent=sent, about=row.about)
    _note(origin, [(lead_id, row)], OnDuplicate.UPDATE)
    return Outcome(lead_id, instant(lead_id), row.ignored, "updated")


def _note(origin: Origin, repeats: Sequence[tuple[UUID, Ready]], action: OnDuplicate) -> None:
    now = clock.now()
    Repeat.objects.bulk_create(
        Repeat(lead_id=lead_id, at=now, source=row.about.source, api_key=origin.key, action=action)
        for lead_id, row in repeats
    )
