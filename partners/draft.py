"""Delivery settings as values: those of a saved row, or those that a form holds and nobody saved yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from partners.models import DeliverySettings, RetryPolicy


@dataclass(frozen=True, slots=True)
class Draft:
    """What a settings row would hold. `secrets` are open; `new_secret` signs nothing that is known yet."""

    kind: str
    config: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    policy: RetryPolicy | None = None
    everything: bool = True
    per_entity: Mapping[str, Any] = field(default_factory=dict)
    new_secret: bool = False

    @classmethod
    def of(cls, row: DeliverySettings) -> Self:
        """The saved settings. Raises kit.crypto.SealError."""
        return cls(row.kind, row.config, row.secrets(), row.policy, row.everything, row.per_entity)
