"""Rules: what is refused when they are saved, what they say of a lead, and that they never raise."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distribution.fields import TYPES, FieldSpec
from distribution.rules import Miss, RuleErrors, compile_rules
from distribution.rules.condition import MAX_LIST
from distribution.rules.operators import OPERATORS
from distribution.rules.words import condition_words, miss_words, rules_words, value_words
from partners.sheet import ADDRESS_PARTS

OPTIONS = ("Roof", "Garden")
FIELDS = {name: FieldSpec(name, name.title(), name, options=OPTIONS, country="DE") for name in TYPES} | {
    "iban": FieldSpec("iban", "IBAN", "text", encrypted=True),
    "home": FieldSpec("home", "Home", "address", encrypted=True),
}
# A value that each type can read, and one that is greater.
VALUES: dict[str, tuple[Any, Any]] = {
    "text": ("10", "11"),
    "textarea": ("a", "b"),
    "number": (10, 11),
    "email": ("ana@example.com", "ben@example.com"),
    "phone": ("+49 30 12345678", "+49 30 12345679"),
    "date": ("2026-11-24", "2026-11-25"),
    "datetime": ("2026-11-24T14:05Z", "2026-11-24T14:06Z"),
    "select": ("Roof", "Garden"),
    "multi_select": ("Roof", "Garden"),
    "checkbox": (True, False),
    "url": ("https://example.com", "https://example.org"),
}
COUNTERPARTS = {
    "not_equals": "equals",
    "not_contains": "contains",
    "not_in_list": "in_list",
    "is_empty": "is_not_empty",
}
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def condition(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


def any_condition(field: str, op: str) -> dict[str, Any]:
    low, high = VALUES.get(field.partition(".")[0], VALUES["text"])
    by_shape = {"nothing": None, "one": low, "list": [low, high], "pair": [low, high]}
    return condition(field, op, by_shape[OPERATORS[op].takes])


EVERY = [any_condition(name, op) for name in TYPES for op in TYPES[name].operators] + [
    any_condition(f"address.{part}", op)
    for part in ADDRESS_PARTS
    for op in ("is_empty", "is_not_empty", "equals", "between")
    if part != "country_code"
]


def miss(document: list[list[dict[str, Any]]], facts: dict[str, Any]) -> Miss | None:
    return compile_rules(document, FIELDS).miss(facts)


def errors(document: object) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(RuleErrors) as refused:
        compile_rules(document, FIELDS)
    return [(error.path, error.message) for error in refused.value.errors]


class Odd:
    """What no JSON holds."""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
LIKELY = st.sampled_from([value for pair in VALUES.values() for value in pair] + [["Roof"], ["Roof", 1], {}])
ODD = st.sampled_from([Odd(), b"x", Decimal("sNaN"), Decimal("Infinity"), 10**6000, "\ud800", {1: 2}, (1,)])
ADDRESS = st.dictionaries(st.sampled_from(ADDRESS_PARTS), JSON | LIKELY | ODD)
MET = JSON | LIKELY | ODD | ADDRESS


@patient
@given(st.sampled_from(EVERY), MET)
def test_miss_never_raises_whatever_the_lead_holds(asked: dict[str, Any], met: object) -> None:
    field = asked["field"].partition(".")[0]
    result = miss([[asked]], {field: met})
    if result is not None:
        assert miss_words(asked, result.met, FIELDS)


@patient
@given(st.sampled_from([asked for asked in EVERY if asked["op"] in COUNTERPARTS]), MET)
def test_negative_operator_holds_exactly_where_its_counterpart_does_not(
    asked: dict[str, Any], met: object
) -> None:
    facts = {asked["field"].partition(".")[0]: met}
    counterpart = {**asked, "op": COUNTERPARTS[asked["op"]]}
    assert (miss([[asked]], facts) is None) is (miss([[counterpart]], facts) is not None)


@pytest.mark.parametrize("asked", EVERY, ids=lambda asked: f"{asked['field']}-{asked['op']}")
@pytest.mark.parametrize("empty", [None, "", " ", [], {}, {"city": None, "postcode": ""}])
def test_plain_operators_fail_on_every_kind_of_empty(asked: dict[str, Any], empty: object) -> None:
    holds = miss([[asked]], {asked["field"].partition(".")[0]: empty}) is None
    assert holds is (asked["op"] in COUNTERPARTS)


def test_no_rules_match_every_lead() -> None:
    rules = compile_rules([], FIELDS)
    assert rules.miss({}) is None
    assert rules.targets == ()


def test_all_conditions_of_one_alternative_must_hold() -> None:
    both = [condition("text", "equals", "a"), condition("number", "greater_than", 5)]
    assert miss([both], {"text": "A", "number": 6}) is None
    assert miss([both], {"text": "A", "number": 5}) == Miss("number", "greater_than", 5, 5, 0, 1)
    assert miss([both], {"text": "b"}) == Miss("text", "equals", "a", "b", 0, 0)


def test_one_alternative_is_enough() -> None:
    either = [[condition("text", "equals", "a")], [condition("number", "equals", 5)]]
    assert miss(either, {"text": "b", "number": 5}) is None
    assert miss(either, {"text": "a"}) is None


def test_miss_names_the_alternative_with_the_fewest_failures() -> None:
    far = [condition("text", "equals", "a"), condition("number", "equals", 5)]
    near = [condition("checkbox", "equals", True), condition("number", "equals", 6)]
    found = miss([far, near], {"text": "b", "checkbox": True, "number": 7})
    assert found == Miss("number", "equals", 6, 7, 1, 1)
    assert found.place == [1, 1]


def test_miss_names_the_first_of_equally_near_alternatives() -> None:
    found = miss([[condition("text", "equals", "a")], [condition("text", "equals", "b")]], {"text": "c"})
    assert found is not None
    assert found.place == [0, 0]


def test_miss_of_an_address_part_has_the_parts_value() -> None:
    found = miss([[condition("address.postcode", "starts_with", "8")]], {"address": {"postcode": "10115"}})
    assert found == Miss("address.postcode", "starts_with", "8", "10115", 0, 0)


def test_targets_are_what_is_compared_each_once() -> None:
    rules = compile_rules(
        [
            [condition("address.city", "is_empty"), condition("text", "equals", "a")],
            [condition("text", "equals", "b")],
        ],
        FIELDS,
    )
    assert [target.key for target in rules.targets] == ["address.city", "text"]


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        (None, (), "Rules are a list of at most 100 alternatives"),
        ({}, (), "Rules are a list"),
        ([[condition("text", "is_empty")]] * 101, (), "Rules are a list of at most 100"),
        ([[]], (0,), "An alternative is a list of 1 to 100 conditions."),
        ([condition("text", "is_empty")], (0,), "An alternative is a list"),
        ([[condition("text", "is_empty")] * 101], (0,), "An alternative is a list of 1 to 100"),
        ([["text"]], (0, 0), 'A condition is an object such as {"field": "city"'),
        (
            [[{**condition("text", "is_empty"), "not": True}]],
            (0, 0, "not"),
            "“not” is no part of a condition",
        ),
        ([[{"op": "equals"}]], (0, 0, "field"), "Name the field to compare"),
        ([[condition("txt", "is_empty")]], (0, 0, "field"), "no field “txt”; did you mean “text”?"),
        ([[condition("Multi_Select", "is_empty")]], (0, 0, "field"), "did you mean “multi_select”?"),
        ([[condition("qqq", "is_empty")]], (0, 0, "field"), "There is no field “qqq” in this entity."),
        ([[condition("address.zip", "is_empty")]], (0, 0, "field"), "did you mean “address."),
        ([[condition("text.city", "is_empty")]], (0, 0, "field"), "There is no field “text.city”"),
        ([[condition("iban", "is_empty")]], (0, 0, "field"), "“iban” is encrypted: routing cannot read"),
        ([[condition("home.city", "is_empty")]], (0, 0, "field"), "“home.city” is encrypted"),
        ([[{"field": "text"}]], (0, 0, "op"), "Name an operator: equals, not_equals, contains"),
        ([[condition("text", "start_with", "a")]], (0, 0, "op"), "did you mean “starts_with”?"),
        ([[{"field": "text", "op": ["equals"]}]], (0, 0, "op"), "There is no operator"),
        (
            [[condition("number", "contains", 1)]],
            (0, 0, "op"),
            "“contains” does not fit the field “number”; use equ",
        ),
        (
            [[condition("address", "equals", "a")]],
            (0, 0, "op"),
            "compare one of its parts, such as address.postc",
        ),
        (
            [[condition("text", "equals")]],
            (0, 0, "value"),
            "The value is missing; to look for empty fields, use",
        ),
        ([[condition("text", "equals", " ")]], (0, 0, "value"), "The value is missing"),
        ([[condition("multi_select", "equals", [])]], (0, 0, "value"), "The value is missing"),
        ([[condition("text", "is_empty", "a")]], (0, 0, "value"), "“is_empty” takes no value; remove it."),
        ([[condition("text", "equals", ["a"])]], (0, 0, "value"), "Send one value here"),
        (
            [[condition("text", "in_list", "a, b")]],
            (0, 0, "value"),
            "“in_list” takes a list of 1 to 10000 values",
        ),
        ([[condition("text", "in_list", [])]], (0, 0, "value"), "“in_list” takes a list"),
        ([[condition("number", "in_list", [1, "two"])]], (0, 0, "value", 1), "“two” is not a number"),
        ([[condition("number", "in_list", [1, None])]], (0, 0, "value", 1), "The value is missing"),
        ([[condition("number", "between", 5)]], (0, 0, "value"), "“between” takes a list of two values"),
        (
            [[condition("number", "between", [1, 2, 3])]],
            (0, 0, "value"),
            "“between” takes a list of two values",
        ),
        ([[condition("number", "between", [2, 1])]], (0, 0, "value"), "The first value is greater"),
        ([[condition("number", "between", [1, "x"])]], (0, 0, "value", 1), "“x” is not a number"),
        ([[condition("number", "equals", "1,234")]], (0, 0, "value"), "“1,234” can be two numbers"),
        (
            [[condition("text", "less_than", "x1")]],
            (0, 0, "value"),
            "“x1” is not a plain number such as 80000",
        ),
        ([[condition("date", "equals", "03/04/25")]], (0, 0, "value"), "“03/04/25” can be two dates"),
        ([[condition("datetime", "equals", "2026-11-24")]], (0, 0, "value"), "“2026-11-24” has no time"),
        (
            [[condition("select", "equals", "Rooff")]],
            (0, 0, "value"),
            "is not an option; use “Roof”, “Garden”.",
        ),
        ([[condition("multi_select", "contains", "Attic")]], (0, 0, "value"), "“Attic” is not an option"),
        ([[condition("checkbox", "equals", "maybe")]], (0, 0, "value"), "“maybe” is neither true nor false"),
        ([[condition("email", "equals", "@x")]], (0, 0, "value"), "“@x” is not an e-mail address"),
        ([[condition("phone", "starts_with", "030")]], (0, 0, "value"), "begin with +49 or the like"),
        ([[condition("phone", "contains", "abc")]], (0, 0, "value"), "“abc” is no part of a number"),
        ([[condition("address.latitude", "equals", 91)]], (0, 0, "value"), "“91” lies outside of -90 to 90"),
        ([[condition("address.country_code", "equals", "DEU")]], (0, 0, "value"), "is not a country code"),
    ],
    ids=lambda value: None,
)
def test_document_is_refused_with_place_and_words(
    document: object, path: tuple[int | str, ...], message: str
) -> None:
    [(found, words)] = errors(document)
    assert found == path
    assert message in words


def test_every_wrong_condition_is_named() -> None:
    document = [
        [condition("text", "is_empty"), condition("txt", "is_empty")],
        [],
        [condition("number", "equals", "x"), condition("number", "contains", 1)],
    ]
    assert [path for path, _words in errors(document)] == [
        (0, 1, "field"),
        (1,),
        (2, 0, "value"),
        (2, 1, "op"),
    ]
    with pytest.raises(RuleErrors) as refused:
        compile_rules(document, FIELDS)
    lines = str(refused.value).splitlines()
    assert lines[0] == "Alternative 1, condition 2: There is no field “txt”; did you mean “text”?"
    assert lines[1].startswith("Alternative 2: An alternative is a list")


def test_label_in_place_of_a_key_names_the_key() -> None:
    fields = {"plz": FieldSpec("plz", "Postal code", "text")}
    with pytest.raises(RuleErrors, match=r"no field “Postal Code”; did you mean “plz”\?"):
        compile_rules([[condition("Postal Code", "is_empty")]], fields)


def test_encrypted_field_is_never_suggested() -> None:
    [(_path, words)] = errors([[condition("ibn", "is_empty")]])
    assert "iban" not in words


def test_list_of_ten_thousand_is_taken_and_no_more() -> None:
    rules = compile_rules([[condition("text", "in_list", list(range(MAX_LIST)))]], FIELDS)
    assert rules.miss({"text": str(MAX_LIST - 1)}) is None
    assert rules.miss({"text": str(MAX_LIST)}) is not None
    assert len(errors([[condition("text", "in_list", list(range(MAX_LIST + 1)))]])) == 1


@pytest.mark.parametrize(
    ("asked", "met", "rule", "why"),
    [
        (condition("text", "equals", "a"), "b", "Text is “a”", "Text “b” is not “a”"),
        (condition("text", "not_equals", "a"), "A", "Text is not “a”", "Text is “A”, which is excluded"),
        (condition("text", "contains", "a"), "b", "Text contains “a”", "Text “b” does not contain “a”"),
        (
            condition("text", "not_contains", "a"),
            "ab",
            "Text does not contain “a”",
            "Text “ab” contains “a”, which is excluded",
        ),
        (
            condition("address.postcode", "starts_with", "8"),
            "10115",
            "Address postcode starts with “8”",
            "Address postcode “10115” does not start with “8”",
        ),
        (
            condition("number", "in_list", [1, 2, 3, 4, 5, 6, 7]),
            8,
            "Number is in the list 1, 2, 3, 4, 5 and 2 more",
            "Number 8 is not in the list 1, 2, 3, 4, 5 and 2 more",
        ),
        (
            condition("text", "not_in_list", ["a"]),
            "a",
            "Text is not in the list “a”",
            "Text “a” is in the list “a”, which is excluded",
        ),
        (
            condition("multi_select", "in_list", ["Roof"]),
            ["Garden"],
            "Multi_Select has one of “Roof”",
            "Multi_Select “Garden” has none of “Roof”",
        ),
        (
            condition("multi_select", "not_in_list", ["Roof"]),
            ["Roof"],
            "Multi_Select has none of “Roof”",
            "Multi_Select “Roof” has one of “Roof”, which is excluded",
        ),
        (
            condition("number", "greater_than", 5),
            4.5,
            "Number is greater than 5",
            "Number 4.5 is not greater than 5",
        ),
        (condition("number", "less_than", 5), 5, "Number is less than 5", "Number 5 is not less than 5"),
        (
            condition("date", "greater_than", "2026-11-24"),
            "2026-11-24",
            "Date is after “2026-11-24”",
            "Date “2026-11-24” is not after “2026-11-24”",
        ),
        (
            condition("number", "between", [1, 3]),
            4,
            "Number is between 1 and 3",
            "Number 4 is not between 1 and 3",
        ),
        (condition("checkbox", "equals", True), False, "Checkbox is yes", "Checkbox no is not yes"),
        (condition("text", "is_empty"), "b", "Text is empty", "Text is “b”, not empty"),
        (condition("text", "is_not_empty"), None, "Text is not empty", "Text is empty"),
        (
            condition("number", "less_than", 5),
            None,
            "Number is less than 5",
            "Number is empty, and the rule is: Number is less than 5",
        ),
    ],
)
def test_words_of_a_condition_and_of_its_miss(asked: dict[str, Any], met: Any, rule: str, why: str) -> None:
    found = miss([[asked]], {"address": {"postcode": met}, asked["field"]: met})
    assert found is not None
    assert condition_words(asked, FIELDS) == rule
    assert miss_words(asked, found.met, FIELDS) == why


def test_words_of_rules_join_conditions_and_alternatives() -> None:
    document = [
        [condition("text", "equals", "a"), condition("number", "less_than", 5)],
        [condition("checkbox", "is_empty")],
    ]
    assert rules_words(document, FIELDS) == "Text is “a” and Number is less than 5; or Checkbox is empty"
    assert rules_words([], FIELDS) == "Every lead matches"


@pytest.mark.parametrize(
    "document",
    [{"field": "size"}, "text", [1], [["text"]], [[{"field": "text"}]], [[condition("text", "like")]]],
)
def test_words_of_what_was_refused_say_so(document: object) -> None:
    assert rules_words(document, FIELDS) == "This is not readable as rules"


def test_words_of_a_pair_that_is_none_still_come() -> None:
    assert rules_words([[condition("number", "between", 5)]], FIELDS) == "Number is between – and –"


def test_words_of_a_field_that_is_gone_use_its_key() -> None:
    assert condition_words(condition("gone", "starts_with", "a"), {}) == "gone starts with “a”"


def test_words_of_values_are_short() -> None:
    assert value_words("a" * 50) == f"“{'a' * 39}…”"
    assert value_words({"city": "Bonn", "state": ""}) == "“Bonn”"
    assert value_words(None) == "–"
