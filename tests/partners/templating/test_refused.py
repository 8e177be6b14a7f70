"""What a template may not hold, and how that is told."""

import pytest

from partners.sheet import Ticks
from partners.templating import compile_template, targets
from partners.templating.expressions import EXPRESSIONS
from partners.templating.statements import STATEMENTS
from tests.partners.templating.common import COLUMNS, problems


@pytest.mark.parametrize(
    ("source", "line", "column", "words"),
    [
        ("{{ lead.frist_name }}", 1, 4, "no field lead.frist_name. The nearest is lead.first_name."),
        ("a\n  {{ lead.adress.city }}", 2, 6, "The nearest is lead.address.city."),
        ("a\r\nb\r\n{{lead.zzz}}", 3, 3, "no field lead.zzz."),
        ("{% if x %}\n{{ first_name }}{% endif %}", 1, 7, "lead.x"),
        ("{{ lead.address.zip }}", 1, 4, "lead.address.zip"),
        ("{{ lead.first_name.x }}", 1, 4, "lead.first_name.x"),
        ("{{ lead.address.city.x }}", 1, 21, "lead.address.part"),
        ("{{ lead }}", 1, 4, "Name a field"),
        ("{{ 'é' ~ lead.nope }}", 1, 10, "lead.nope"),
        ("{{ lead.first_name|uper }}", 1, 20, "There is no filter “uper”: use upper."),
        ("{{ lead.first_name|xyzzy }}", 1, 20, "truncate"),
        ("{{ lead.first_name|round }}", 1, 4, "“round” is for fields of type number"),
        ("{{ lead.amount|date }}", 1, 4, "“date” is for fields of type date, datetime"),
        (
            "{% for c in lead.first_name %}{% endfor %}",
            1,
            13,
            "“for” is for fields of type address, multi_select",
        ),
        ("{{ lead.amount|round('2') }}", 1, 22, "precision: It is a whole number from 0 to 10"),
        ("{{ lead.amount|round(99) }}", 1, 22, "from 0 to 10"),
        ("{{ lead.amount|round(true) }}", 1, 22, "from 0 to 10"),
        ("{{ lead.amount|round(lead.score) }}", 1, 26, "from 0 to 10"),
        ("{{ lead.first_name|truncate(1000000) }}", 1, 29, "from 1 to 10000"),
        ("{{ lead.born|date('%10000000Y') }}", 1, 19, "“%1” is not known here"),
        ("{{ lead.born|date('%-d') }}", 1, 19, "“%-” is not known here"),
        ("{{ lead.born|date('100%') }}", 1, 19, "“%” is not known here"),
        ("{{ lead.first_name|replace('a') }}", 1, 20, "takes these arguments: old, new"),
        ("{{ lead.first_name|upper(1) }}", 1, 20, "takes these arguments: none"),
        ("{{ lead.first_name|replace('a', old='b') }}", 1, 20, "takes these arguments"),
        ("{{ lead.first_name|replace(*lead.interests) }}", 1, 20, "takes these arguments"),
        ("{{ lead.first_name|replace('a', **lead.address) }}", 1, 20, "takes these arguments"),
        ("{{ lead.score is even }}", 1, 15, "There is no test “even”"),
        ("{{ -lead.amount }}", 1, 4, "A minus stands only before a number"),
        ("{% for x in [1] if x %}{% endfor %}", 1, 4, "without “if”"),
        ("{% for x in [1] recursive %}{% endfor %}", 1, 4, "recursive"),
        ("{% for a, b in [1] %}{% endfor %}", 1, 4, "A loop is written"),
        ("{% for lead in [1] %}{% endfor %}", 1, 4, "“lead” is taken"),
        ("{% for x in [1] %}{% for x in [1] %}{% endfor %}{% endfor %}", 1, 22, "“x” is taken"),
        ("{{ '\\ud800' }}", 1, 4, "constant"),
        ("{{ 1e999 }}", 1, 4, "constant"),
        ("{{ lead.first_name", 1, 9, "cannot be read"),
        ("a\n{% if lead.owner %}", 2, 18, "cannot be read"),
        ("{% nonsense %}", 1, 4, "cannot be read"),
        ("\n{{ $ }}", 2, 1, "cannot be read"),
    ],
)
def test_problem_names_place_and_cure(source: str, line: int, column: int, words: str) -> None:
    problem = problems(source)[0]
    assert words in problem.message
    assert (problem.line, problem.column) == (line, column)
    assert str(problem).startswith(f"Line {line}, column {column}: ")


def test_unticked_field_is_named_and_its_cure() -> None:
    known = targets(COLUMNS, Ticks(False, frozenset({"first_name", "address.city"})))
    [problem] = problems("{{ lead.score }}", known)
    assert problem.message == "lead.score is not ticked for this partner: tick it, or take it out."
    assert compile_template("{{ lead.address.city }}{{ lead.address }}", known)
    [problem] = problems("{{ lead.address.street }}", known)
    assert "lead.address.street is not ticked" in problem.message


def test_ticked_address_ticks_its_parts() -> None:
    assert compile_template(
        "{{ lead.address.state }}", targets(COLUMNS, Ticks(False, frozenset({"address"})))
    )


def test_all_problems_are_told_in_order() -> None:
    found = problems("{{ lead.a1 }}\n{{ 1 * 2 }} {{ lead.b2 }}{{ x }}")
    assert [(problem.line, problem.column) for problem in found] == [(1, 4), (2, 4), (2, 16), (2, 29)]


@pytest.mark.parametrize(
    "source",
    [
        "{{ 2 * 3 }}",
        "{{ lead.first_name * 9 }}",
        "{{ 2 ** 9 ** 9 }}",
        "{{ 7 // 2 }}",
        "{{ 7 / 2 }}",
        "{{ 7 % 2 }}",
        "{{ '%9999999d' % 1 }}",
        "{{ 1 + 1 }}",
        "{{ 1 - 1 }}",
        "{{ +1 }}",
        "{{ lead.first_name.upper() }}",
        "{{ '{:9999999}'.format(1) }}",
        "{{ lead.first_name.__class__ }}",
        "{{ ''.__class__ }}",
        "{{ lead['first_name'] }}",
        "{{ lead.first_name[0] }}",
        "{{ lead.first_name[::2] }}",
        "{{ lead.interests.0 }}",
        "{{ {'a': 1} }}",
        "{{ range(9) }}",
        "{{ loop }}",
        "{% for x in [1] %}{{ loop.index }}{% endfor %}",
        "{% for x in range(9) %}{% endfor %}",
        "{{ dict(a=1) }}",
        "{{ lipsum() }}",
        "{{ cycler }}",
        "{{ joiner }}",
        "{{ namespace }}",
        "{{ self }}",
        "{{ undefined }}",
        "{{ undefined.x.y }}",
        "{{ super() }}",
        "{% set x = 1 %}",
        "{% set x %}a{% endset %}",
        "{% macro m() %}{% endmacro %}",
        "{% call m() %}{% endcall %}",
        "{% filter upper %}a{% endfilter %}",
        "{% include 'a' %}",
        "{% import 'a' as b %}",
        "{% from 'a' import b %}",
        "{% extends 'a' %}",
        "{% block a %}{% endblock %}",
        "{% with x = 1 %}{% endwith %}",
        "{% autoescape false %}{% endautoescape %}",
        "{{ lead.first_name|safe }}",
        "{{ lead.first_name|attr('x') }}",
        "{{ lead.first_name|format(1) }}",
        "{{ lead.first_name|center(9999999) }}",
        "{{ lead.first_name|indent(9999999) }}",
        "{{ lead.first_name|map('upper') }}",
        "{{ lead.first_name|xmlattr }}",
        "{{ lead.first_name|string }}",
        "{{ lead.first_name is sameas 1 }}",
        "{{ lead.first_name is defined(1) }}",
    ],
)
def test_not_in_the_language(source: str) -> None:
    assert problems(source)


def test_allow_list_is_what_it_says() -> None:
    allowed = {kind.__name__ for kind in (*EXPRESSIONS, *STATEMENTS)}
    assert allowed == {
        "And",
        "Compare",
        "Concat",
        "CondExpr",
        "Const",
        "Filter",
        "For",
        "Getattr",
        "If",
        "List",
        "Name",
        "Neg",
        "Not",
        "Or",
        "Test",
        "Tuple",
    }
