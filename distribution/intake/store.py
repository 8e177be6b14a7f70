"""One lead as a row: open values as JSON, the encrypted ones sealed together."""

from dataclasses import dataclass
from datetime import datetime

from distribution.catalogue import EntitySpec
from distribution.intake.validate import Cleaned
from distribution.models import ApiKey, Lead
from distribution.models.lead import Routing
from leadflip.kit.ids import uuid7


@dataclass(frozen=True, slots=True)
class About:
    """What a lead says of itself beside its fields. `source` and `status` have ≤ 100 characters."""

    source: str
    note: str = ""
    status: str = "New"


def insert(
    *,
    entity: EntitySpec,
    key: ApiKey | None,
    about: About,
    cleaned: Cleaned,
    created_at: datetime,
    test: bool = False,
) -> Lead:
    """The saved lead. It stands as routed: whoever inserts it routes it before the commit.

    A `test` is not to be routed at all.
    """
    lead = Lead(
        id=uuid7(created_at),
        entity_id=entity.id,
        values=cleaned.values,
        raw=cleaned.raw,
        source=about.source,
        api_key=key,
        status=about.status,
        note=about.note,
        routing=Routing.ROUTED,
        test=test,
        created_at=created_at,
    )
    lead.put_sealed(cleaned.hidden, cleaned.hidden_raw)
    lead.save(force_insert=True)
    return lead
