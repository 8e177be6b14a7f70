"""A payload shape: types that stay, names of one's own, and faults with their place in the document."""

from typing import Any

import pytest

from partners.sheet import Ticks
from partners.templating import TemplateError, TemplateErrors, bounds, compile_shape, standard, targets
from tests.partners.templating.common import COLUMNS, KNOWN, VALUES, cells

WHOLE = """{
  "contact": {"name": "{{ lead.first_name|title }}", "score": "{{ lead.score }}"},
  "amount": "{{ lead.amount }}", "rounded": "{{ lead.amount|round }}",
  "interests": "{{ lead.interests }}",
  "where": "{{ lead.address }}",
  "city": "{{ lead.address.city }}",
  "owner": "{{ lead.owner }}",
  "kind": "{{ 'owner' if lead.owner else 'tenant' }}",
  "text": "{{ lead.first_name }} ({{ lead.amount }}){% if lead.owner %}, owns{% endif %}",
  "constant": "solar", "number": 1.50, "yes": true, "none": null, "list": ["a", "{{ lead.owner }}"]
}"""


def shaped(source: str, *, flat: bool = False, **values: Any) -> Any:
    return compile_shape(source, KNOWN, flat=flat).value(cells(**values))


def fault(source: str, known: Any = KNOWN, *, flat: bool = False) -> str:
    with pytest.raises(TemplateErrors) as caught:
        compile_shape(source, known, flat=flat)
    return str(caught.value)


def test_renames_nests_and_keeps_types() -> None:
    assert shaped(WHOLE) == {
        "contact": {"name": "Jané O'neill", "score": None},
        "amount": 1234.565,
        "rounded": 1235,
        "interests": ["solar", "heat pump"],
        "where": VALUES["address"],
        "city": "Utrecht",
        "owner": True,
        "kind": "owner",
        "text": "jané o'neill (1234.565), owns",
        "constant": "solar",
        "number": 1.5,
        "yes": True,
        "none": None,
        "list": ["a", True],
    }


def test_blank_beside_a_template_makes_it_text() -> None:
    assert shaped('["{{ lead.amount }} ", "{{ lead.amount }}", "{{ lead.amount }}{{ lead.owner }}"]') == [
        "1234.565 ",
        1234.565,
        "1234.565true",
    ]


def test_standard_shape_is_the_standard_payload() -> None:
    document = shaped(standard.shape(COLUMNS, Ticks()))
    assert {key: document[key] for key in VALUES} == VALUES
    assert document["entity"] == "solar-lead"
    ticks = Ticks(False, frozenset({"amount"}))
    assert set(compile_shape(standard.shape(COLUMNS, ticks), targets(COLUMNS, ticks)).value(cells())) == {
        "amount",
        "lead_id",
        "entity",
        "created_at",
    }


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        ('{"a": {{ lead.owner }}}', (1, 8), "template stands in double quotes"),
        ('{"a": 1,\n}', (2, 1), "A comma stands before “}”: remove it."),
        ('{"a": 1\n "b": 2}', (2, 2), "A comma or “}” is missing"),
        ('{"a"\n 1}', (2, 2), "A colon is missing"),
        ('{"a":\n}', (2, 1), "A value is missing here"),
        ('{"a": 1', (1, 8), "“}” is missing"),
        ('{"a": 1} {}', (1, 10), "The document ends before this"),
        ('{\n\n"a": "x\ny"}', (3, 6), "does not end on its line"),
        ('{"a": "\\d"}', (1, 7), "a backslash alone"),
        ("{'a': 1}", (1, 2), "texts and templates stand in double quotes"),
        ('{"a": 1,\n "a": 2}', (2, 2), "The name “a” stands in this object already"),
        ('{"a": 1e999}', (1, 7), "This number is too long"),
        ('{"a": ' + "9" * 41 + "}", (1, 7), "This number is too long"),
        ("", (1, 1), "A value is missing here"),
        ('"{{ lead.owner }}"', (1, 1), "an object or a list"),
        ("[" * 21, (1, 21), "at most 20 deep"),
        ('{\n "a": "é \\n\\u00e9\\ud83d\\ude00 {{ lead.frist_name }}"}', (2, 34), "is lead.first_name."),
        ('{"a": "{{ lead.owner"}', (1, 16), "cannot be read as a template"),
        ('{"a": "{{ lead.amount * 2 }}"}', (1, 11), "“*” is not part of the template language"),
        ('{"a": "{{ lead.first_name|round }}"}', (1, 11), "“round” is for fields of type number"),
    ],
)  # fmt: skip
def test_fault_names_its_place_in_the_document(source: str, place: tuple[int, int], words: str) -> None:
    said = fault(source)
    assert said.startswith("Line {}, column {}: ".format(*place)), said
    assert words in said


def test_unticked_field_is_refused_by_name() -> None:
    known = targets(COLUMNS, Ticks(False, frozenset({"first_name"})))
    assert "lead.score is not ticked for this partner" in fault('{"a": "{{ lead.score }}"}', known)
    assert "The nearest is lead.first_name." in fault('{"a": "{{ lead.fist_name }}"}', known)


@pytest.mark.parametrize("source", ["[1]", '{"a": {"b": 1}}', '{"a": [[1]]}', '{"a": [{}]}'])
def test_form_takes_flat_shapes_only(source: str) -> None:
    assert "form-encoded" in fault(source, flat=True)
    assert shaped(source) is not None


def test_budget_is_that_of_the_whole_document() -> None:
    value = "x" * bounds.VALUE_BYTES
    for text in ("{{ lead.first_name }}", "{{ lead.first_name }}.", "{{ [lead.first_name] }}"):
        document = "[" + ", ".join([f'"{text}"'] * 5) + "]"
        with pytest.raises(TemplateError, match="over 256 KiB"):
            shaped(document, first_name=value)
    loop = '"{% for each in lead.interests %}{% endfor %}"'
    with pytest.raises(TemplateError, match="more than 1000 turns"):
        shaped(f"[{loop}, {loop}]", interests=["x"] * 501)
