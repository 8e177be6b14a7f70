"""What holds for every field type, and what docs/fields.md has no line for."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distribution.fields import TYPES, FieldError, FieldSpec, is_empty, part_spec
from distribution.fields.address import PART_LABELS, PARTS
from distribution.fields.base import MAX_BYTES, fold, to_text
from distribution.models import Entity, Field
from distribution.models.entity import FieldType
from distribution.rules import compile_rules
from partners.sheet import ADDRESS_PARTS

OPTIONS = ("Roof", "Garden", "Heat pump", "Roof, flat", "1")
SIGNS = st.characters(codec="utf-8") | st.sampled_from(list("0123456789.,:-/+ '\0\ud800\u200b@"))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(SIGNS) | st.sampled_from(OPTIONS)
PIECES = st.sampled_from(
    [*OPTIONS, "ana@example.com", "+49 30 12345678", "2026-11-24", "24.11.2026 14:05", "example.com", "12,5"]
)
ADDRESSES = st.dictionaries(st.sampled_from(ADDRESS_PARTS) | st.text(max_size=3), SCALARS)
RAW = PIECES | SCALARS | st.lists(SCALARS | PIECES) | ADDRESSES | st.lists(ADDRESSES, max_size=2)
NAMES = st.sampled_from(sorted(TYPES))
# The machine may be busy, and the first example loads the tables of Unicode.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def spec(field_type: str, **more: Any) -> FieldSpec:
    return FieldSpec("f", "Field", field_type, options=OPTIONS, country="DE", **more)


def cleaned(field_type: str, raw: object) -> Any:
    try:
        return TYPES[field_type].clean(raw, spec(field_type))
    except FieldError:
        return None


def message(field_type: str, raw: object, **more: Any) -> str:
    """What is said of a value that is refused, in words and in a traceback."""
    try:
        TYPES[field_type].clean(raw, spec(field_type, **more))
    except FieldError as error:
        return f"{error} {error!r}" if more else str(error)
    return "kept"


def refusal(field_type: str, raw: object, **more: Any) -> FieldError:
    with pytest.raises(FieldError) as refused:
        TYPES[field_type].clean(raw, spec(field_type, **more))
    return refused.value


def test_types_are_those_of_the_model() -> None:
    assert list(TYPES) == FieldType.values
    assert all(TYPES[name].key == name for name in TYPES)


@patient
@given(NAMES, RAW)
def test_clean_raises_nothing_but_field_errors_with_words(name: str, raw: object) -> None:
    words = message(name, raw)
    assert words
    assert "%(" not in words


@patient
@given(NAMES, RAW)
def test_clean_gives_json_that_it_reads_again(name: str, raw: object) -> None:
    value = cleaned(name, raw)
    stored = json.loads(json.dumps(value, allow_nan=False))
    assert stored == value
    assert "\\u0000" not in json.dumps(value)
    assert cleaned(name, value) == value


@patient
@given(NAMES, RAW)
def test_clean_gives_none_or_something_that_is_not_empty(name: str, raw: object) -> None:
    value = cleaned(name, raw)
    assert value is None or not is_empty(value)


@patient
@given(st.sampled_from(sorted(set(TYPES) - {"address"})), RAW)
def test_clean_value_equals_itself_in_a_rule(name: str, raw: object) -> None:
    value = cleaned(name, raw)
    if value is not None:
        rules = compile_rules([[{"field": "f", "op": "equals", "value": value}]], {"f": spec(name)})
        assert rules.miss({"f": value}) is None


@patient
@given(RAW)
def test_clean_part_equals_itself_in_a_rule(raw: object) -> None:
    value = cleaned("address", raw)
    for part, piece in (value or {}).items():
        rules = compile_rules(
            [[{"field": f"f.{part}", "op": "equals", "value": piece}]], {"f": spec("address")}
        )
        assert rules.miss({"f": value}) is None


@patient
@given(NAMES, st.text(SIGNS, min_size=3))
def test_message_never_repeats_an_encrypted_value(name: str, raw: str) -> None:
    assert "secret" not in message(name, f"secret{raw}", encrypted=True)


@pytest.mark.parametrize("name", TYPES)
def test_empty_required_field_is_refused_by_name(name: str) -> None:
    assert str(refusal(name, " ", required=True)) == "Field is required; send a value."


@pytest.mark.parametrize("name", TYPES)
def test_empty_optional_field_is_none(name: str) -> None:
    assert [TYPES[name].clean(raw, spec(name)) for raw in (None, "", "  ", "\u200b\ufeff")] == [None] * 4


def test_default_stands_in_for_an_empty_value_only() -> None:
    with_default = spec("number", required=True, default="12,5")
    assert TYPES["number"].clean(None, with_default) == 12.5
    assert TYPES["number"].clean(0, with_default) == 0
    assert TYPES["checkbox"].clean(False, spec("checkbox", default=True)) is False


def test_default_that_does_not_fit_names_the_place_to_mend() -> None:
    message = str(refusal("select", "", default="Cellar"))
    assert message.startswith("The default of Field does not fit it; mend it on the entity's page: “Cellar”")


@pytest.mark.parametrize("name", TYPES)
def test_value_over_64_kib_is_refused_quickly(name: str) -> None:
    raws = ["a." * MAX_BYTES, "é" * MAX_BYTES, [f"{number}" for number in range(MAX_BYTES)]]
    before = time.perf_counter()
    for raw in raws:
        refusal(name, {"city": raw, "street": raw} if name == "address" else raw)
    assert time.perf_counter() - before < 2


@pytest.mark.parametrize("name", [*TYPES])
@pytest.mark.parametrize(
    "piece", ["a.", "1,", "1 ", "(", "\u0301\u0323", ";", "00", "@", "t1:", "1-", "/?", "Roof,"]
)
def test_largest_value_is_read_quickly(name: str, piece: str) -> None:
    raw = "a" + piece * (MAX_BYTES // len(piece.encode()) - 1)
    before = time.perf_counter()
    cleaned(name, raw)
    assert time.perf_counter() - before < 1


def test_pile_of_accents_is_refused() -> None:
    assert "more than 30 accents" in str(refusal("text", "a" + "\u0301\u0323" * 20))
    assert TYPES["text"].clean("e\u0301", spec("text")) == "\u00e9"


def test_exactly_64_kib_are_taken() -> None:
    assert len(TYPES["textarea"].clean("a" * MAX_BYTES, spec("textarea"))) == MAX_BYTES


def test_address_is_refused_over_64_kib_in_all() -> None:
    half = "a" * (MAX_BYTES // 2)
    assert "64 KiB" in str(refusal("address", {"street": half, "city": half, "state": "a"}))


def test_address_names_each_part_at_fault() -> None:
    error = refusal("address", {"latitude": "north", "country_code": "Germany", "city": "Berlin"})
    assert [problem.part for problem in error.problems] == ["country_code", "latitude"]
    assert [str(problem)[:9] for problem in error.problems] == ["“Germany”", "“north” i"]


def test_address_refuses_an_unknown_part() -> None:
    assert "“zip” is not a part of an address" in str(refusal("address", {"zip": "10115"}))


def test_other_types_have_one_problem_without_part() -> None:
    error = refusal("number", "x")
    assert error.problems == (error,)
    assert error.part == ""


def test_address_parts_are_the_sheets() -> None:
    assert set(PARTS) == set(PART_LABELS) == set(ADDRESS_PARTS)
    assert part_spec(spec("address", required=True, default={"city": "Bonn"}), "postcode") == FieldSpec(
        "f.postcode", "Field postcode", "text", country="DE"
    )


@pytest.mark.parametrize("raw", [float("nan"), float("inf"), Decimal("NaN"), "NaN", "Infinity", "٣", "1_000"])
def test_number_takes_no_number_that_json_has_not(raw: object) -> None:
    assert "is not a number" in str(refusal("number", raw))


def test_number_keeps_15_digits() -> None:
    assert TYPES["number"].clean("123456789012345", spec("number")) == 123456789012345
    assert TYPES["number"].clean(Decimal("0.1234567890123456789"), spec("number")) == 0.123456789012346
    assert TYPES["number"].clean("-0", spec("number")) == 0
    assert "longer than 15 digits" in str(refusal("number", "999999999999999.9"))
    assert "longer than 15 digits" in str(refusal("number", 10**5000))


def test_phone_without_any_country_says_so() -> None:
    nowhere = FieldSpec("f", "Field", "phone")
    with pytest.raises(FieldError, match="has no country code; write the number such as"):
        TYPES["phone"].clean("030 12345678", nowhere)
    assert TYPES["phone"].clean("0049 30 12345678", nowhere) == "+493012345678"


@pytest.mark.parametrize(
    "raw",
    [
        "0001-01-01T00:00+14:00",
        "0001-01-01 12:00",
        "9999-12-31 12:00",
        "9999-12-31 23:59-12:00",
        "2026-11-24 10:00+99:99",
    ],
)
def test_datetime_beyond_the_calendar_is_refused(raw: str) -> None:
    assert "is not a date of the calendar" in str(refusal("datetime", raw))


@pytest.mark.parametrize("raw", ["2026-11-24 13:00 pm", "2026-11-24 0:10 am", "2026-11-24 10:60"])
def test_datetime_with_an_hour_that_no_clock_shows_is_refused(raw: str) -> None:
    assert "is not a date of the calendar" in str(refusal("datetime", raw))


def test_option_named_exactly_goes_before_one_that_looks_alike() -> None:
    alike = FieldSpec("f", "Field", "select", options=("A b", "ab", "AB"))
    assert [TYPES["select"].clean(raw, alike) for raw in ("AB", "ab", "A B", "aB")] == [
        "AB",
        "ab",
        "A b",
        "A b",
    ]


def test_option_with_the_separator_in_it_is_found() -> None:
    read = TYPES["multi_select"].clean
    assert read("Garden, Roof, flat, Heat pump", spec("multi_select")) == [
        "Garden",
        "Heat pump",
        "Roof, flat",
    ]
    assert read("Roof; Roof, flat", spec("multi_select")) == ["Roof", "Roof, flat"]


def test_unknown_option_names_the_nearest_eight() -> None:
    many = FieldSpec("f", "Field", "select", options=tuple(f"Zone {number}" for number in range(12)))
    with pytest.raises(
        FieldError, match=r"“zone 11x” is not an option; use “Zone 11”, .* or one of 4 others"
    ):
        TYPES["select"].clean("zone 11x", many)


def test_option_of_a_field_without_options_says_where_to_add_them() -> None:
    with pytest.raises(FieldError, match="Field has no options yet; add them on the entity's page"):
        TYPES["multi_select"].clean("Roof", FieldSpec("f", "Field", "multi_select"))


def test_more_options_than_anyone_ticks_are_refused() -> None:
    assert "More than 1000 options" in str(refusal("multi_select", ["Roof"] * 1001))
    assert "More than 1000 options" in str(refusal("multi_select", "Roof;" * 1001))


def test_url_keeps_its_path_and_user() -> None:
    read = TYPES["url"].clean
    assert (
        read("https://Ana:Pw@Example.COM:8443/A?B#C", spec("url")) == "https://Ana:Pw@example.com:8443/A?B#C"
    )
    assert read("http://[2001:DB8::1]/X", spec("url")) == "http://[2001:db8::1]/X"


def test_fold_ignores_case_and_the_encoding_of_accents() -> None:
    assert fold("STRASSE") == fold("Straße")
    assert fold("E\u0301") == fold("\u00e9")
    assert not fold("\u00e9").startswith(fold("e"))


def test_to_text_of_a_whole_float_stays_as_sent() -> None:
    assert [to_text(raw) for raw in (5.0, 5, Decimal("5.10"), True)] == ["5.0", "5", "5.10", "true"]


def test_spec_of_a_row_takes_the_country_of_its_entity() -> None:
    entity = Entity(name="Solar", slug="solar", country="AT")
    row = Field(entity=entity, key="p", label="Phone", type="phone", required=True, options=[1, "two"])
    assert FieldSpec.of(row) == FieldSpec(
        "p", "Phone", "phone", required=True, options=("1", "two"), country="AT"
    )
