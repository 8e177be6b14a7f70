"""The assignment's own rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from distribution.routing.case import Case, Seat
from distribution.routing.document import ProfileDocument, field_specs
from distribution.routing.gates.base import PASS, Judgement, Record, Skip
from distribution.rules import RulesDoc
from distribution.rules.targets import Target
from distribution.rules.words import condition_words, miss_words


class RulesGate:
    """The lead matches. Else the detail is the failed condition's place: [alternative, condition]."""

    codes = ("rules",)

    def judge(self, seat: Seat, case: Case) -> Judgement:
        miss = seat.rules.miss(case.facts, case.known)
        return Skip("rules", miss.place) if miss else PASS

    def reads(self, seat: Seat) -> Sequence[Target]:
        return seat.rules.targets

    def tell(self, code: str, detail: Any, record: Record) -> str:
        return miss(record.assignment["rules"], detail, record.document, record.facts)


def miss(rules: RulesDoc, place: Sequence[int], document: ProfileDocument, facts: Mapping[str, Any]) -> str:
    """The condition at `place` with the value that it met; of several alternatives it is the nearest's."""
    alternative, position = place
    condition = rules[alternative][position]
    fields = field_specs(document)
    if condition["field"] not in facts:
        # It was asked, so it stood there: the lead was erased since.
        return _("the value was erased, and the rule is: %(rule)s") % {
            "rule": condition_words(condition, fields)
        }
    words = miss_words(condition, facts[condition["field"]], fields)
    if len(rules) == 1:
        return words
    named = {"miss": words, "count": len(rules)}
    return _("%(miss)s (the nearest of %(count)d alternatives)") % named
