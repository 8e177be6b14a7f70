"""What a page sends becomes one lead, however often it is sent."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from distribution.catalogue import EntitySpec, entity_spec
from distribution.intake import idempotency
from distribution.intake.accept import accept_lead, answer
from distribution.intake.origin import Origin
from distribution.intake.read import read
from partners.models.revision import Revision, hold_shared


@dataclass(frozen=True, slots=True)
class Sent:
    """One form as it was sent. `token` (≤ 255 characters) was handed out with the page and is its own.

    `body` is what the person typed, `beside` what we add to it.
    """

    token: str
    entity_id: int
    body: Mapping[str, object]
    beside: Mapping[str, object]

    @property
    def entity(self) -> EntitySpec:
        """As it is now."""
        return entity_spec(Revision.current(), self.entity_id)

    @property
    def whole(self) -> dict[str, object]:
        """What intake gets."""
        return {**self.body, **self.beside}


def take(sent: Sent, origin: Origin, *, route: bool = True) -> dict[str, Any]:
    """The lead's answer, see `distribution.intake.accept.answer`; that of the first time if there was one.

    Raises IntakeError with the messages by field, TokenTakenError where something else was sent with the
    token.
    """

    def act() -> dict[str, Any]:
        entity = entity_spec(Revision.current(), sent.entity_id)
        return answer(
            accept_lead(origin=origin, entity=entity, body={**sent.body, **sent.beside}, route=route)
        )

    with transaction.atomic():
        hold_shared()
        return idempotency.once(None, sent.token, _digest(sent.body), act)


def judge(sent: Sent, origin: Origin) -> None:
    """Raises IntakeError where `take` would, for values that nobody would take; nothing is stored."""
    read(sent.entity, origin, sent.whole)


def _digest(body: Mapping[str, object]) -> bytes:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).digest()
