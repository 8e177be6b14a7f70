"""A decision's verdicts in words, and as data, read from the record and the version that it names.

Nothing else is asked, so a decision reads the same whatever becomes of partners, fields and rules.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from django.utils.translation import gettext as _

from distribution.fields import is_empty
from distribution.models import Decision
from distribution.models.routing import Cause
from distribution.routing.document import AssignmentDocument, ProfileDocument
from distribution.routing.gates import GATES, STANDING
from distribution.routing.gates.base import Gate, Record
from distribution.routing.gates.rules import miss
from leadflip.kit import show

Verdict = Sequence[Any]

# What the parts of a detail are called, where it is a list.
_PARTS = {
    "not_its_turn": ("credit", "weight"),
    "error": ("gate", "error"),
    "cap": ("whose", "period", "used", "cap"),
    "pacing": ("whose", "period", "used", "cap"),
}
_INSTANTS = {"chosen": "held_until", "closed": "opens_at"}


class ToldPartner(TypedDict):
    """A partner by its name now, or by the one it had when the version was saved."""

    id: int
    name: str


class ToldVerdict(TypedDict):
    """What the decision says of one assignment. `reason` is a sentence's end: “skipped, …”."""

    rank: int
    assignment_id: int
    partner: ToldPartner
    chosen: bool
    code: str
    detail: dict[str, Any]
    reason: str
    priority: int
    weight: NotRequired[int]
    price: str
    currency: str


class Told(TypedDict):
    """A decision as JSON; `values` are the lead's that were compared, by field key."""

    profile_id: int
    profile: str
    version: int
    strategy: str
    cause: str
    sequence: int
    decided_at: str
    values: dict[str, Any]
    assignments: list[ToldVerdict]


def told(decision: Decision, document: ProfileDocument, names: Mapping[int, str]) -> Told:
    """All that a decision's record says; `decision.profile` should be loaded with it.

    `document` is its version's, `names` what partners are called now; one that is gone has the name it
    had. Sentences are in the active language and time zone. Pure: no query.
    """
    return {
        "profile_id": decision.profile_id,
        "profile": decision.profile.name,
        "version": decision.version,
        "strategy": document["strategy"],
        "cause": decision.cause,
        "sequence": decision.seq,
        "decided_at": decision.at.isoformat(),
        "values": decision.facts,
        "assignments": list(
            told_verdicts(
                decision.verdicts, document, decision.facts, names, named=decision.cause == Cause.MOVED
            )
        ),
    }


def hide(decision: Decision, masked: Collection[str]) -> None:
    """Puts a mask over the values of these fields; that there was none is told. Not to be saved."""
    decision.facts = {
        target: show.MASK if target.partition(".")[0] in masked and not is_empty(value) else value
        for target, value in decision.facts.items()
    }


def told_verdicts(
    verdicts: Sequence[Verdict],
    document: ProfileDocument,
    facts: Mapping[str, Any],
    names: Mapping[int, str],
    *,
    named: bool = False,
) -> Iterator[ToldVerdict]:
    """The verdicts in rank order; `verdicts` and `facts` are a decision's. `named`: an operator chose."""
    turns = document["strategy"] == "round_robin"
    eligible = 0 if named else _eligible_weight(verdicts, document)
    rows = zip(document["assignments"], verdicts, strict=False)
    for rank, (row, (code, *detail)) in enumerate(rows, start=1):
        record = Record(document, row, facts)
        one = detail[0] if detail else None
        verdict: ToldVerdict = {
            "rank": rank,
            "assignment_id": row["id"],
            "partner": {"id": row["partner_id"], "name": _name(row["partner_id"], document, names)},
            "chosen": code == "chosen",
            "code": code,
            "detail": _detail(code, one, record),
            "reason": _reason(code, one, record, eligible, named),
            "priority": row["priority"],
            "price": document["base_price"] if row["price"] is None else row["price"],
            "currency": document["currency"],
        }
        yield {**verdict, "weight": _weight(row)} if turns else verdict


def _name(partner_id: int, document: ProfileDocument, names: Mapping[int, str]) -> str:
    return names.get(partner_id) or document.get("partners", {}).get(str(partner_id)) or _("A partner")


def _weight(row: AssignmentDocument) -> int:
    return row.get("weight", 1)


def _eligible_weight(verdicts: Sequence[Verdict], document: ProfileDocument) -> int:
    """The weights together of those who took part in the turn; 0 where nobody takes turns."""
    if document["strategy"] != "round_robin":
        return 0
    rows = zip(document["assignments"], verdicts, strict=False)
    return sum(_weight(row) for row, verdict in rows if verdict[0] in ("chosen", "not_its_turn"))


def _detail(code: str, detail: Any, record: Record) -> dict[str, Any]:
    if detail is None:
        return {}
    if code in ("rules", "profile_rules"):
        rules = record.assignment["rules"] if code == "rules" else record.document["rules"]
        condition = rules[detail[0]][detail[1]]
        place = {"alternative": detail[0] + 1, "condition": detail[1] + 1}
        return {**place, **condition, "met": record.facts.get(condition["field"])}
    if code in _INSTANTS:
        return {_INSTANTS[code]: detail}
    return dict(zip(_PARTS.get(code, ()), detail, strict=False)) or {"detail": detail}


def _reason(code: str, detail: Any, record: Record, eligible: int, named: bool) -> str:
    if code == "chosen":
        return _chosen(detail, record, eligible, named)
    if code == "profile_rules":
        words = miss(record.document["rules"], detail, record.document, record.facts)
        return _("skipped by the profile's rules, %(miss)s") % {"miss": words}
    return _("skipped, %(why)s") % {"why": _why(code, detail, record, eligible)}


def _chosen(held: str | None, record: Record, eligible: int, named: bool) -> str:
    words = _("chosen by an operator") if named else _("chosen")
    if eligible:
        weights = {"weight": _weight(record.assignment), "eligible": eligible}
        words = _("chosen, it was its turn (weight %(weight)s of %(eligible)s)") % weights
    if held is None:
        return words
    opening = show.full_time(datetime.fromisoformat(held))
    return _("%(chosen)s, held until it opens, %(opening)s") % {"chosen": words, "opening": opening}


def _why(code: str, detail: Any, record: Record, eligible: int) -> str:
    if code == "outranked":
        return _("a better-ranked partner got the lead")
    if code == "offered":
        return _("it had this lead before")
    if code == "not_named":
        return _("the operator chose another partner")
    if code == "not_its_turn":
        named = {"credit": detail[0], "weight": detail[1], "eligible": eligible}
        return _("it was not its turn (weight %(weight)s of %(eligible)s, credit %(credit)s)") % named
    if code == "error":
        return _("%(gate)s stopped with %(error)s") % {"gate": detail[0], "error": detail[1]}
    gate = _gates().get(code)
    return (
        gate.tell(code, detail, record)
        if gate
        else _("by a reason that is gone, “%(code)s”") % {"code": code}
    )


def _gates() -> Mapping[str, Gate]:
    return {code: gate for gate in (*STANDING, *GATES) for code in gate.codes}
