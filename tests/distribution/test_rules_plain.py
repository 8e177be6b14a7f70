"""Compiled rules against the plain ones of `tests.distribution.plain`, over all that docs/rules.md allows."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distribution.fields import TYPES, FieldSpec
from distribution.rules import compile_rules
from partners.sheet import ADDRESS_PARTS
from tests.distribution import plain

WORDS = ("equals", "not_equals", "contains", "not_contains", "starts_with", "in_list", "not_in_list")
EMPTINESS = ("is_empty", "is_not_empty")
ORDERED = ("equals", "not_equals", "in_list", "not_in_list", *plain.ORDER, *EMPTINESS)
# The table of docs/rules.md.
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": (*WORDS, *plain.ORDER, *EMPTINESS),
    **dict.fromkeys(("textarea", "email", "phone", "select", "url", "code"), (*WORDS, *EMPTINESS)),
    **dict.fromkeys(("number", "date", "datetime"), ORDERED),
    "multi_select": tuple(op for op in (*WORDS, *EMPTINESS) if op != "starts_with"),
    "checkbox": ("equals", "not_equals", *EMPTINESS),
    "address": EMPTINESS,
}
# What rules can compare, with the type that it is compared as.
TARGETS = {name: name for name in TYPES} | {
    f"address.{part}": {"latitude": "number", "longitude": "number", "country_code": "code"}.get(part, "text")
    for part in ADDRESS_PARTS
}
OPTIONS = ("Roof", "Garden", "Heat pump")
FIELDS = {name: FieldSpec(name, name, name, options=OPTIONS, country="DE") for name in TYPES}

LETTERS = st.text("aAsSßẞiıİéÉe\u0301\u0345ﬁ -1", min_size=1, max_size=4).filter(str.strip)
NUMERALS = st.sampled_from(["0", "7", "07", "80331", "-7", "+7", "7.5", "7.50", "1e3", "7,5", "٧", "80331a"])
NUMBERS = st.integers(-90, 90) | st.sampled_from([0.1, 0.3, 7.0, -0.5, 89.999])
# Values of each type in normal form, and as people write them in a rule: {written: normal}.
WRITTEN: dict[str, dict[Any, Any]] = {
    "email": {"ana@example.com": None, "ANA@example.com": None, "ben@example.org": None},
    "phone": {
        "+493012345678": None,
        "030 12345678": "+493012345678",
        "0049 30 12345678": "+493012345678",
        "+4311234567": None,
    },
    "url": {
        "https://example.com/A": None,
        "example.com/a": "https://example.com/a",
        "http://example.com": None,
    },
    "select": {"Roof": None, "heatpump": "Heat pump", "GARDEN": "Garden"},
    "date": {"2026-11-24": None, "24.11.2026": "2026-11-24", "2026-12-01": None, "2025-02-28": None},
    "datetime": {
        "2026-11-24T13:00:00Z": None,
        "2026-11-24 13:00": "2026-11-24T13:00:00Z",
        "2026-11-24T14:00+01:00": "2026-11-24T13:00:00Z",
        "2026-11-24T13:00:01Z": None,
    },
    "code": {"DE": None, "de": None, "AT": None},
}
PIECES = {
    "email": ["@example", "ana", "ANA@", "x"],
    "phone": ["+49 30", "+4311234567", "+43"],
    "url": ["https://", "EXAMPLE", "/a", "x"],
    "select": ["r", "pump", "Heat "],
    "code": ["d", "DE", "x"],
}
STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "  ", [], {}, {"city": " "}, {"a": 1}, [["Roof"]], "a dozen", "some day", "2026-13-01"]
)

Drawn = tuple[Any, Any]


def same(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Drawn]:
    """Written as it is meant."""
    return values.map(lambda value: (value, value))


def whole(type_: str) -> st.SearchStrategy[Drawn]:
    """A value as it is written, and what it means."""
    if type_ == "number":
        return same(NUMBERS)
    if type_ == "checkbox":
        return same(st.booleans())
    if type_ == "multi_select":
        return same(st.lists(st.sampled_from(OPTIONS), min_size=1, max_size=3, unique=True))
    if type_ in WRITTEN:
        pairs = [(written, meant or written) for written, meant in WRITTEN[type_].items()]
        return st.sampled_from(pairs)
    return same(LETTERS | NUMERALS)


def one(type_: str, op: str) -> st.SearchStrategy[Drawn]:
    """One value of a rule for this operator."""
    if type_ == "multi_select" and op not in ("equals", "not_equals"):
        return same(st.sampled_from(OPTIONS))
    if type_ == "text" and op in plain.ORDER:
        return same(st.sampled_from(["0", "7", "80331", "-7", "7.5"]))
    if type_ in PIECES and op in ("contains", "not_contains", "starts_with"):
        return same(st.sampled_from(PIECES[type_]))
    return whole(type_)


@st.composite
def conditions(draw: st.DrawFn) -> tuple[dict[str, Any], plain.Condition]:
    """The same condition for the product and for the plain rules."""
    field = draw(st.sampled_from(list(TARGETS)))
    type_ = TARGETS[field]
    op = draw(st.sampled_from(OPERATORS[type_]))
    written: Any = None
    meant: Any = None
    if op in ("in_list", "not_in_list", "between"):
        fewest, most = (2, 2) if op == "between" else (1, 3)
        drawn = draw(st.lists(one(type_, op), min_size=fewest, max_size=most))
        if op == "between":
            drawn.sort(key=lambda pair: plain.read(type_, op, pair[1]))
        written, meant = [pair[0] for pair in drawn], [pair[1] for pair in drawn]
    elif op not in EMPTINESS:
        written, meant = draw(one(type_, op))
    document = {"field": field, "op": op} | ({} if written is None else {"value": written})
    return document, (field, op, meant)


def held(type_: str) -> st.SearchStrategy[Any]:
    """What a lead holds: a value in normal form, sometimes something strange."""
    return whole(type_).map(lambda pair: pair[1]) | STRANGE


ADDRESSES = st.fixed_dictionaries(
    {}, optional={part: held(TARGETS[f"address.{part}"]) for part in ADDRESS_PARTS}
)
LEADS = st.fixed_dictionaries(
    {},
    optional={name: ADDRESSES | STRANGE if name == "address" else held(name) for name in TYPES},
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(conditions(), min_size=1, max_size=3), max_size=3), LEADS)
def test_compiled_rules_hold_where_the_plain_ones_do(
    alternatives: list[list[tuple[dict[str, Any], plain.Condition]]], lead: dict[str, Any]
) -> None:
    rules = compile_rules([[document for document, _ in each] for each in alternatives], FIELDS)
    found = rules.miss(lead)
    wanted = plain.miss([[asked for _, asked in each] for each in alternatives], TARGETS, lead)
    assert (found.place if found else None) == wanted


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_each_condition_holds_where_the_plain_one_does(data: st.DataObject) -> None:
    """One condition on a field that holds something of its type: what is near is told apart."""
    document, asked = data.draw(conditions())
    name, dot, part = asked[0].partition(".")
    met = data.draw(held(TARGETS[asked[0]]))
    lead = {name: {part: met} if dot else met}
    holds = compile_rules([[document]], FIELDS).miss(lead) is None
    assert holds is plain.holds(asked, TARGETS, lead)


def test_every_operator_is_drawn_for_what_it_fits() -> None:
    assert {name: set(OPERATORS[name]) for name in TYPES} == {
        name: set(TYPES[name].operators) for name in TYPES
    }
