"""What the template tests share: an entity, a lead of it, and short ways to render and to fail."""

from typing import Any

import pytest

from partners.sheet import Cell, Column
from partners.templating import Problem, TemplateErrors, compile_template, facts, targets
from tests.delivery.letters import LEAD, NOW

COLUMNS = (
    Column("first_name", "First name", "text"),
    Column("amount", "Amount", "number"),
    Column("interests", "Interests", "multi_select"),
    Column("owner", "Owner", "checkbox"),
    Column("born", "Born", "date"),
    Column("call_at", "Call at", "datetime"),
    Column("address", "Address", "address"),
    Column("score", "Score", "number"),
)
VALUES: dict[str, Any] = {
    "first_name": "jané o'neill",
    "amount": 1234.565,
    "interests": ["solar", "heat pump"],
    "owner": True,
    "born": "1980-02-01",
    "call_at": "2026-11-25T09:30:00Z",
    "address": {"street": "Main St", "city": "Utrecht", "latitude": 52.1},
}
KNOWN = targets(COLUMNS)


def cells(**values: Any) -> tuple[Cell, ...]:
    given = {**VALUES, **values}
    own = (Cell(column.key, column.label, column.type, given.get(column.key)) for column in COLUMNS)
    return (*facts(LEAD, "solar-lead", NOW), *own)


def render(source: str, *, html: bool = False, **values: Any) -> str:
    return compile_template(source, KNOWN, html=html).render(cells(**values))


def problems(source: str, known: Any = KNOWN) -> list[Problem]:
    with pytest.raises(TemplateErrors) as caught:
        compile_template(source, known)
    return list(caught.value.problems)


def fault(source: str) -> str:
    [problem] = problems(source)
    return problem.message
