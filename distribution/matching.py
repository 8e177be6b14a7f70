"""How many of the latest leads rules match, asked as routing asks."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models.fields.json import KeyTransform

from distribution.models import Lead
from distribution.rules import Rules

SAMPLE = 1000


class Matching(NamedTuple):
    """`matched` of the latest `leads` match the rules; `both`: those that match the further rules too."""

    leads: int
    matched: int
    both: int


def matching(entity_id: int, rules: Rules, further: Rules) -> Matching:
    """Asks the newest SAMPLE leads of the entity, tests left out: one query, of the fields compared alone."""
    fields = sorted({target.field for each in (rules, further) for target in each.targets})
    newest = Lead.objects.filter(entity=entity_id, test=False).order_by("-id")
    rows = newest.values_list("id", *(KeyTransform(field, "values") for field in fields))[:SAMPLE]
    facts = [dict(zip(fields, values, strict=True)) for _id, *values in rows]
    hits = [each for each in facts if rules.miss(each) is None]
    return Matching(len(facts), len(hits), _count(hits, further))


def _count(facts: Iterable[dict[str, object]], rules: Rules) -> int:
    return sum(rules.miss(each) is None for each in facts)
