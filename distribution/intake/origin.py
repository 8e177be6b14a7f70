"""Who sends leads, and what became of one."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from distribution.models import ApiKey
from distribution.models.entity import OnDuplicate, Way


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sends. `name` (≤ 100 characters) stands on the leads that name no source of their own.

    `on_duplicate`: what becomes of leads that there are already; None: as the entity says for this way.
    """

    way: Way
    name: str
    key: ApiKey | None = None
    on_duplicate: OnDuplicate | None = None

    @classmethod
    def of_key(cls, key: ApiKey) -> "Origin":
        """The lead source that holds this API key."""
        wanted = OnDuplicate(key.duplicates) if key.duplicates else None
        return cls(Way.API, key.source or Way.API.value, key, wanted)


@dataclass(slots=True)
class Outcome:
    """What became of one lead: stored, or the same as one that is there, or refused with `errors` by field.

    `duplicate` is "", "skipped" or "updated"; the id and time are then those of the lead that is there.
    `ignored` has the names that mean no field.
    """

    lead_id: UUID | None = None
    created_at: datetime | None = None
    ignored: list[str] = field(default_factory=list)
    duplicate: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether nothing came of it."""
        return self.lead_id is None
