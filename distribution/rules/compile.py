"""Rules made ready once, to be asked of many leads. Nothing here raises once they are compiled."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from distribution.fields import FieldSpec, is_empty
from distribution.rules.condition import Read
from distribution.rules.operators import OPERATORS
from distribution.rules.schema import read_document
from distribution.rules.targets import Facts, Target

Holds: TypeAlias = Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Miss:
    """The condition that a lead failed, and the value it met.

    `expected` is the rule's value as written. The condition's place in the document is
    `document[alternative][condition]`.
    """

    field: str
    op: str
    expected: Any
    met: object
    alternative: int
    condition: int

    @property
    def place(self) -> list[int]:
        """Where the condition stands, as the decision record keeps it."""
        return [self.alternative, self.condition]


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """One condition: `holds` asks a lead's values. Conditions compare by identity: see `Known`.

    `values`: those that hold, where they can be listed; `read` gives the lead's to compare with them.
    """

    target: Target
    op: str
    expected: Any
    holds: Holds
    read: Callable[[Facts], Hashable | None]
    values: frozenset[Hashable] | None


# Which conditions one lead meets, as far as it was asked: the assignments of a profile share many.
Known: TypeAlias = dict[Condition, bool]
# The conditions of a profile's rules, by what they ask.
Pool: TypeAlias = dict[tuple[str, str, str], Condition]


@dataclass(frozen=True, slots=True)
class Rules:
    """Compiled rules. `targets`: what they compare, each once."""

    alternatives: tuple[tuple[Condition, ...], ...] = ()
    targets: tuple[Target, ...] = ()

    def miss(self, facts: Facts, known: Known | None = None) -> Miss | None:
        """None when `facts` match, else the first failing condition of the nearest alternative.

        Nearest is the one with the fewest failing conditions, the first of equals. `known` is kept up:
        one for all rules that these `facts` are asked. Never raises, whatever values it meets.
        """
        known = {} if known is None else known
        firsts = []
        for alternative in self.alternatives:
            first = _first_failing(alternative, facts, known)
            if first is None:
                return None
            firsts.append(first)
        return self._nearest(firsts, facts, known) if firsts else None

    def _nearest(self, firsts: Sequence[int], facts: Facts, known: Known) -> Miss:
        number = 0
        if len(firsts) > 1:
            failing = [_count_failing(alternative, facts, known) for alternative in self.alternatives]
            number = failing.index(min(failing))
        condition = self.alternatives[number][firsts[number]]
        met = condition.target.value(facts)
        return Miss(condition.target.key, condition.op, condition.expected, met, number, firsts[number])


def compile_rules(document: object, fields: Mapping[str, FieldSpec], pool: Pool | None = None) -> Rules:
    """The rules of a document, checked against the entity's fields by key. Raises RuleErrors.

    Rules compiled with one `pool` share the conditions that they have in common.
    """
    pool = {} if pool is None else pool
    alternatives = tuple(
        tuple(_pooled(read, pool) for read in alternative) for alternative in read_document(document, fields)
    )
    targets = {condition.target.key: condition.target for each in alternatives for condition in each}
    return Rules(alternatives, tuple(targets.values()))


def _first_failing(alternative: Sequence[Condition], facts: Facts, known: Known) -> int | None:
    for position, condition in enumerate(alternative):
        held = known.get(condition)
        if held is None:
            held = known[condition] = condition.holds(facts)
        if not held:
            return position
    return None


def _count_failing(alternative: Sequence[Condition], facts: Facts, known: Known) -> int:
    return sum(_first_failing((condition,), facts, known) is not None for condition in alternative)


def _pooled(read: Read, pool: Pool) -> Condition:
    asked = (read.target.key, read.op, repr(read.written))
    return pool.get(asked) or pool.setdefault(asked, _compile(read))


def _compile(read: Read) -> Condition:
    reader, value_of = read.target.type.reader(read.op), _getter(read.target)

    def met(facts: Facts) -> Hashable | None:
        return reader(value_of(facts))

    return Condition(read.target, read.op, read.written, _holds(read, met), met, _values(read))


def _holds(read: Read, met: Callable[[Facts], Hashable | None]) -> Holds:
    operator = OPERATORS[read.op]
    value_of, negative = _getter(read.target), operator.negative
    if operator.takes == "nothing":
        return lambda facts: is_empty(value_of(facts)) is negative
    test = operator.test(read.operand, read.target.type.many)

    def holds(facts: Facts) -> bool:
        found = met(facts)
        return (found is not None and test(found)) is not negative

    return holds


def _values(read: Read) -> frozenset[Hashable] | None:
    if read.target.type.many or read.op not in ("equals", "in_list"):
        return None
    return frozenset([read.operand] if read.op == "equals" else read.operand)


def _getter(target: Target) -> Callable[[Facts], object]:
    if target.part:
        return target.value
    field = target.field
    return lambda facts: facts.get(field)
