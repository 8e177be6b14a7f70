"""Which field an input means."""

import pytest

from distribution.fields import FieldSpec
from distribution.intake.names import Matched, Names, _Matching, match

FIRST_NAME = FieldSpec("first_name", "Given name", "text")
ADDRESS = FieldSpec("address", "Roof address", "address")


def sort(body: dict[str, object], *specs: FieldSpec) -> Matched:
    return match(body, Names(specs or (FIRST_NAME, ADDRESS)))


@pytest.mark.parametrize(
    "name",
    [
        "first_name",
        "First Name",
        "FIRST-NAME",
        "firstname",
        " first_ name",
        "Given name",
        "GIVEN-NAME",
        "givenname",
    ],
)
def test_match_key_or_label_without_case_and_signs(name: str) -> None:
    assert sort({name: "Ana"}).values == {"first_name": "Ana"}


def test_match_composed_and_decomposed_letters_are_the_same() -> None:
    spec = FieldSpec("size", "Gr\u00f6\u00dfe", "number")
    assert sort({"GRO\u0308SSE": 3}, spec).values == {"size": 3}


def test_match_key_goes_before_the_label_of_another_field() -> None:
    specs = (FieldSpec("phone", "Mobile", "phone"), FieldSpec("mobile", "Phone", "phone"))
    assert sort({"Phone": "1", "MOBILE": "2"}, *specs).values == {"phone": "1", "mobile": "2"}


def test_match_exact_key_goes_before_a_loose_one() -> None:
    specs = (FieldSpec("first_name", "One", "text"), FieldSpec("firstname", "Two", "text"))
    assert sort({"first_name": "a", "firstname": "b"}, *specs).values == {"first_name": "a", "firstname": "b"}


@pytest.mark.parametrize("name", ["status", "Status", "STA-TUS"])
def test_match_reserved_name_goes_before_key_and_label(name: str) -> None:
    specs = (FieldSpec("status", "State", "text"), FieldSpec("state", "Status", "text"))
    matched = sort({name: "Hot"}, *specs)
    assert matched.reserved == {"status": "Hot"}
    assert matched.values == {}


def test_match_unknown_names_are_ignored_in_their_order() -> None:
    matched = sort({"zeta": 1, "first_name": "Ana", "alpha": 2})
    assert matched.ignored == ["zeta", "alpha"]
    assert matched.errors == {}


def test_match_two_inputs_for_one_field_names_both() -> None:
    errors = sort({"first_name": "Ana", "Given Name": "Ben"}).errors
    assert list(errors) == ["first_name"]
    assert "“first_name” and “Given Name”" in errors["first_name"][0]


def test_match_two_inputs_for_a_reserved_name_names_both() -> None:
    assert "“note” and “Note”" in sort({"note": "a", "Note": "b"}).errors["note"][0]


def test_match_label_of_two_fields_asks_for_the_key() -> None:
    specs = (FieldSpec("roof_size", "Size", "number"), FieldSpec("house_size", "Size", "number"))
    matched = sort({"size": 3}, *specs)
    assert "roof_size and house_size" in matched.errors["size"][0]
    assert matched.values == {}


def test_match_address_as_an_object() -> None:
    matched = sort({"Roof address": {"Post code": "80331", "HOUSE-NUMBER": 5, "floor": 2}})
    assert matched.values == {"address": {"postcode": "80331", "house_number": 5}}
    assert matched.ignored == ["Roof address.floor"]


def test_match_address_as_flat_names() -> None:
    matched = sort({"address.postcode": "80331", "Roof Address.House Number": "5", "address.floor": "2"})
    assert matched.values == {"address": {"postcode": "80331", "house_number": "5"}}
    assert matched.ignored == ["address.floor"]


def test_match_address_object_and_flat_names_complete_each_other() -> None:
    matched = sort({"address": {"city": "Munich"}, "address.postcode": "80331"})
    assert matched.values == {"address": {"city": "Munich", "postcode": "80331"}}
    assert matched.errors == {}


def test_match_address_part_sent_twice_names_both() -> None:
    errors = sort({"address": {"post code": "1"}, "address.postcode": "2"}).errors
    assert "“address.post code” and “address.postcode”" in errors["address.postcode"][0]


def test_match_address_whole_and_in_parts_is_refused() -> None:
    assert (
        "whole and in parts" in sort({"address": "Main St 1", "address.postcode": "2"}).errors["address"][0]
    )


@pytest.mark.parametrize("empty", [None, ""])
def test_match_empty_address_beside_parts_is_no_conflict(empty: object) -> None:
    matched = sort({"address": empty, "address.postcode": "2"})
    assert matched.values == {"address": {"postcode": "2"}}
    assert matched.errors == {}


def test_match_address_as_text_goes_on_to_the_field() -> None:
    assert sort({"address": "Main St 1"}).values == {"address": "Main St 1"}


def test_match_dotted_name_of_no_address_is_ignored() -> None:
    assert sort({"first_name.postcode": "1"}).ignored == ["first_name.postcode"]


def test_match_label_with_a_dot_is_found_whole() -> None:
    spec = FieldSpec("tel", "Tel. no", "phone")
    assert sort({"tel. no": "1"}, spec).values == {"tel": "1"}


def test_match_object_for_a_plain_field_is_left_to_the_field() -> None:
    assert sort({"first_name": {"a": 1}}).values == {"first_name": {"a": 1}}


BODIES: list[dict[str, object]] = [
    {"First Name": "Ana", "source": "web", "zeta": 1, "alpha": 2},
    {"Roof Address": {"Post-Code": "1", "city": "Wien"}, "first_name": ""},
    {"address": "Wien", "alpha": {"city": 1}},
    {"address": {}, "first_name": None},
    {"address": {"city": "Wien", "tower": "B"}},
    {"address": {"city": "Wien", "CITY": "Graz"}},
    {"address": {"city": "Wien"}, "address.city": "Graz"},
    {"address.city": "Wien", "address.tower": "B", "first_name.city": "C"},
    {"first_name": "Ana", "Given name": "Eva"},
    {"status": "New", "STATUS": "Hot"},
    {},
]


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_names_met_before_mean_the_same(number: int) -> None:
    """The short way of bodies without conflicts says what the long one says, the first time and later."""
    names = Names((FIRST_NAME, ADDRESS))
    long = _Matching(names).run(BODIES[number])
    assert [match(BODIES[number], names) for _ in range(2)] == [long, long]


def test_a_value_is_read_from_its_own_body() -> None:
    names = Names((FIRST_NAME, ADDRESS))
    bodies: list[dict[str, object]] = [{"address": {"city": city}, "first_name": city} for city in "ab"]
    assert [match(body, names).values for body in bodies] == bodies
    assert [match(body, names).ignored for body in bodies] == [[], []]
