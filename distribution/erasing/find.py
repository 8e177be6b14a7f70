"""A person's leads, by what the person is known by: exactly, through digests, whatever is sealed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q

from distribution.catalogue import EntitySpec
from distribution.intake.digests import Keyed, keyed
from distribution.intake.search import keyed_as_contact
from distribution.models import Lead, LeadKey
from distribution.models.erasure import FoundBy
from leadflip.kit import crypto

# Leads of one person. More is a mistake, such as the number of a call centre.
MOST = 1000
# Tests have no digests: so many of the newest are looked at one by one.
TESTS = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """The leads' ids, the oldest first. `by` None: the text is neither address, number nor id."""

    by: FoundBy | None
    ids: list[UUID]


def find(text: str) -> Found:
    """The leads of an e-mail address or a phone number, or one lead by its id."""
    text = text.strip()
    lead_id = _uuid(text)
    if lead_id is not None:
        return Found(FoundBy.LEAD, list(Lead.objects.filter(pk=lead_id).values_list("pk", flat=True)))
    by = FoundBy.EMAIL if "@" in text else FoundBy.PHONE
    wanted = list(keyed_as_contact(text, [by]))
    if not wanted:
        return Found(None, [])
    places = reduce(or_, (Q(field=key.field_id, digest__in=key.digests) for _entity, key in wanted))
    ids = LeadKey.objects.filter(places).order_by("lead_id").values_list("lead_id", flat=True).distinct()
    return Found(by, sorted({*ids[:MOST], *_tests(wanted)})[:MOST])


def _tests(wanted: list[tuple[EntitySpec, Keyed]]) -> Iterator[UUID]:
    """Leads that were sent or made up as tests."""
    digests = {(key.field_id, digest) for _entity, key in wanted for digest in key.digests}
    known = {entity.id: entity for entity, _key in wanted}
    tests = Lead.objects.filter(test=True, erased_at=None).order_by("-pk")[:TESTS]
    for lead in tests:
        entity = known.get(lead.entity_id)
        made = keyed(entity.keyed, lead.values, opened(lead)) if entity else []
        if any((key.field_id, digest) in digests for key in made for digest in key.digests):
            yield lead.pk


def opened(lead: Lead) -> dict[str, Any]:
    """The encrypted values; {} where there are none, or no key opens them."""
    try:
        values: dict[str, Any] = crypto.unseal(lead.owner, lead.sealed)["values"] if lead.sealed else {}
    except crypto.SealError:
        return {}
    return values


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
