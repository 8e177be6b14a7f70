"""docs/fields.md is run: each line of its tables is an example, and no type lacks one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from distribution.fields import TYPES, FieldError, FieldSpec
from distribution.models.entity import FieldType

PAGE = (Path(__file__).parents[2] / "docs" / "fields.md").read_text()
BY_LABEL = {str(label): value for value, label in FieldType.choices}


class Example(NamedTuple):
    type: str
    sent: Any
    kept: Any
    message: str


def examples() -> Iterator[Example]:
    field_type = ""
    for line in PAGE.splitlines():
        if line.startswith("### "):
            field_type = BY_LABEL[line.removeprefix("### ")]
        elif line.startswith("| `"):
            sent, kept, message = (cell.strip() for cell in line.strip("|").split(" |"))
            value = json.loads(kept.strip("`")) if kept.startswith("`") else None
            assert value is not None or kept == "empty" or message, line
            yield Example(field_type, json.loads(sent.strip("`")), value, message)


EXAMPLES = list(examples())


def spec(field_type: str) -> FieldSpec:
    return FieldSpec("f", "F", field_type, options=("Roof", "Garden", "Heat pump"), country="DE")


@pytest.mark.parametrize("case", [case for case in EXAMPLES if not case.message], ids=ascii)
def test_fields_docs_line_is_kept(case: Example) -> None:
    kept = TYPES[case.type].clean(case.sent, spec(case.type))
    assert (kept, type(kept)) == (case.kept, type(case.kept))


@pytest.mark.parametrize("case", [case for case in EXAMPLES if case.message], ids=ascii)
def test_fields_docs_line_is_refused(case: Example) -> None:
    with pytest.raises(FieldError) as refused:
        TYPES[case.type].clean(case.sent, spec(case.type))
    assert str(refused.value) == case.message


def test_fields_docs_have_a_line_for_each_type() -> None:
    assert {case.type for case in EXAMPLES if not case.message} == set(TYPES)
