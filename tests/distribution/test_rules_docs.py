"""docs/rules.md is run: each line of its tables is an example, and no pair of type and operator lacks one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from distribution.fields import TYPES, FieldSpec
from distribution.models.entity import FieldType
from distribution.rules import RuleErrors, compile_rules
from distribution.rules.operators import OPERATORS

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text()
BY_LABEL = {str(label): value for value, label in FieldType.choices}


class Example(NamedTuple):
    type: str
    facts: dict[str, Any]
    condition: dict[str, Any]
    holds: bool


def spec(field_type: str) -> FieldSpec:
    return FieldSpec("f", "F", field_type, options=("Roof", "Garden", "Heat pump"), country="DE")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def examples() -> Iterator[Example]:
    field_type = ""
    for line in PAGE.partition("## Every operator")[2].splitlines():
        if line.startswith("### "):
            field_type = BY_LABEL[line.removeprefix("### ")]
        elif re.match(r"\| (`|nothing)", line):
            yield example(field_type, *cells(line))


def example(field_type: str, lead: str, operator: str, value: str, holds: str) -> Example:
    assert holds in ("yes", "no"), holds
    part, _blank, op = operator.strip("`").rpartition(" ")
    condition = {"field": f"f{part}", "op": op}
    if value:
        condition["value"] = json.loads(value.strip("`"))
    facts = {} if lead == "nothing" else {"f": json.loads(lead.strip("`"))}
    return Example(field_type, facts, condition, holds == "yes")


EXAMPLES = list(examples())


@pytest.mark.parametrize("case", EXAMPLES, ids=str)
def test_rules_docs_line_holds(case: Example) -> None:
    rules = compile_rules([[case.condition]], {"f": spec(case.type)})
    assert (rules.miss(case.facts) is None) is case.holds


def test_rules_docs_have_both_answers_for_each_pair() -> None:
    answers = {(case.type, case.condition["op"], case.holds) for case in EXAMPLES}
    wanted = {
        (name, op, holds)
        for name, field_type in TYPES.items()
        for op in field_type.operators
        for holds in (True, False)
    }
    assert wanted <= answers


def test_rules_docs_matrix_is_what_fits() -> None:
    table = PAGE.partition("## Which operators fit")[2].partition("\n\n## ")[0]
    head, _rule, *rows = [cells(line) for line in table.splitlines() if line.startswith("|")]
    types = [BY_LABEL[label] for label in head[1:]]
    assert types == list(TYPES)
    assert [row[0].strip("`") for row in rows] == list(OPERATORS)
    for op, *marks in rows:
        fits = [mark == "✓" for mark in marks]
        assert fits == [op.strip("`") in TYPES[name].operators for name in types], op


MISFITS = [(name, op) for name in TYPES for op in OPERATORS if op not in TYPES[name].operators]


@pytest.mark.parametrize(("name", "op"), MISFITS)
def test_operator_off_the_matrix_is_refused(name: str, op: str) -> None:
    with pytest.raises(RuleErrors) as refused:
        compile_rules([[{"field": "f", "op": op, "value": "1"}]], {"f": spec(name)})
    [(path, message)] = refused.value.errors
    assert path == (0, 0, "op")
    assert "f.postcode" in message if name == "address" else TYPES[name].operators[0] in message
