"""What the rules of one profile have in common is asked once a lead."""

from collections import Counter
from typing import Any

from distribution.fields import FieldSpec
from distribution.rules import compile_rules
from distribution.rules.compile import Known, Pool

FIELDS = {name: FieldSpec(name, name.title(), name) for name in ("text", "number")}


class Counting(dict[str, Any]):
    """A lead's values that counts how often each is asked for."""

    def __init__(self, **values: Any) -> None:
        super().__init__(values)
        self.asked: Counter[str] = Counter()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked[key] += 1
        return super().get(key, default)


def test_condition_that_two_rules_share_is_asked_once_a_lead() -> None:
    pool: Pool = {}
    shared, own = (
        {"field": "text", "op": "starts_with", "value": "1"},
        {"field": "number", "op": "greater_than", "value": 5},
    )
    first, second = (compile_rules([[shared, own]], FIELDS, pool) for _ in range(2))
    other = compile_rules([[{**shared, "value": "2"}]], FIELDS, pool)
    for text, found, asked in (("10", [True, True, False], 1), ("20", [False, False, True], 0)):
        lead = Counting(text=text, number=10)
        known: Known = {}
        assert [rules.miss(lead, known) is None for rules in (first, second, other)] == found
        assert lead.asked["number"] == asked
