"""What a template renders."""

from typing import Any

import pytest
from jinja2 import nodes

from partners.sheet import Cell
from partners.templating import compile_template, targets_of
from partners.templating.filters import FILTERS
from partners.templating.parse import parse
from tests.delivery.letters import LEAD
from tests.partners.templating.common import KNOWN, cells, fault, render


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("plain { text } %", "plain { text } %"),
        ("{{ lead.first_name }}", "jané o'neill"),
        ("{{ lead.amount }}", "1234.565"),
        ("{{ lead.owner }}", "true"),
        ("{{ lead.interests }}", "solar, heat pump"),
        ("{{ lead.address }}", "Main St, Utrecht, 52.1"),
        ("{{ lead.address.city }}|{{ lead.address.state }}|{{ lead.score }}", "Utrecht||"),
        (
            "{{ lead.lead_id }} {{ lead.entity }} {{ lead.created_at }}",
            f"{LEAD} solar-lead 2026-11-24T20:15:00Z",
        ),
        ("{{ 'a' ~ lead.score ~ 1.50 ~ none ~ true }}", "a1.5true"),
        ("{% if lead.score %}a{% elif lead.owner %}b{% else %}c{% endif %}", "b"),
        ("{{ 'yes' if lead.owner else 'no' }}{{ 'x' if lead.score }}", "yes"),
        ("{% for x in lead.interests %}[{{ x }}]{% endfor %}", "[solar][heat pump]"),
        ("{% for x in lead.score|default([]) %}a{% else %}none{% endfor %}", "none"),
        ("{% for x in lead.address %}{{ x }};{% endfor %}", "Main St;Utrecht;52.1;"),
        (
            "{% for x in [1, 2] %}{% for y in ('a', 'b') %}{{ x }}{{ y }} {% endfor %}{% endfor %}",
            "1a 1b 2a 2b ",
        ),
        ("{# note #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a\n{% if true %}\n  b\n{% endif %}\nc", "a\n  b\nc"),
        ("{{- ' a ' -}}  b", " a b"),
    ],
)
def test_renders(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("lead.amount > 1000", True),
        ("lead.amount >= 1234.565 and lead.amount <= 1234.565", True),
        ("1 < lead.amount < 1000", False),
        ("lead.amount == 'x' or not lead.owner", False),
        ("lead.score < 5 or lead.score > 5 or lead.score >= 0", False),  # missing
        ("lead.first_name < 5", False),  # of two kinds
        ("lead.amount > -5 and lead.amount != -5", True),
        ("'solar' in lead.interests", True),
        ("'ane' in lead.first_name", False),
        ("'x' not in lead.first_name and lead.first_name in ['jané o\\'neill']", True),
        ("lead.score is defined or lead.owner is undefined or lead.owner is none", False),
        ("lead.score is not defined and lead.score is none", True),
        ("lead.address and not lead.score", True),
    ],
)
def test_conditions(expression: str, expected: bool) -> None:
    assert render(f"{{{{ {expression} }}}}") == ("true" if expected else "false")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lead.score|default('–')", "–"),
        ("''|default('a') ~ ''|d('b', true) ~ ''|default('c', boolean=true)", "bc"),
        ("lead.first_name|upper", "JANÉ O'NEILL"),
        ("'ABC'|lower ~ 'aBC'|capitalize", "abcAbc"),
        ("'anna-maria o\\'neill (junior)'|title", "Anna-Maria O'neill (Junior)"),
        ("'  a '|trim", "a"),
        ("'a.b.c'|replace('.', '-')", "a-b-c"),
        ("'abc'|replace('', '-')", "-a-b-c-"),
        ("'a long text'|truncate(6)", "a lon…"),
        ("'short'|truncate(5)", "short"),
        ("lead.amount|round", "1235"),
        ("lead.amount|round(2)", "1234.57"),
        ("2.5|round ~ -2.5|round", "3-3"),
        ("1e300|round", "1" + "0" * 300),
        ("lead.born|date('%d.%m.%Y')", "01.02.1980"),
        ("lead.call_at|date", "2026-11-25 09:30"),
        ("lead.call_at|date(format='%A, %d %B %y')", "Wednesday, 25 November 26"),
        ("lead.interests|join(' / ')", "solar / heat pump"),
        ("lead.address|join('\\n')", "Main St\nUtrecht\n52.1"),
        ("lead.interests|first ~ lead.interests|last|first", "solarh"),
        ("lead.first_name|length ~ lead.score|count", "120"),
        ("lead.interests|tojson", '["solar", "heat pump"]'),
        ("'<é>\"'|tojson", '"<é>\\""'),
        ("lead.score|tojson", "null"),
        ("'a b/ü'|urlencode", "a%20b%2F%C3%BC"),
        ("lead.score|upper|trim|replace('a', 'b')|default('gone')", "gone"),
    ],
)
def test_filters(source: str, expected: str) -> None:
    assert render(f"{{{{ {source} }}}}") == expected


def test_every_filter_is_tested() -> None:
    [cases] = [mark.args[1] for mark in test_filters.pytestmark]  # type: ignore[attr-defined]  # pytest's
    assert {name for name in FILTERS if not any(f"|{name}" in source for source, _ in cases)} == set()


@pytest.mark.parametrize("value", [7, "x", None, ["a"], {"city": "b"}, True, "2026", "9" * 40, float("inf")])
@pytest.mark.parametrize("name", sorted(FILTERS))
def test_no_filter_fails_on_an_odd_value(name: str, value: Any) -> None:
    needed = {"replace": "('a', 'b')"}.get(name, "")
    compile_template(f"{{{{ lead.owner|default(none)|{name}{needed} }}}}", KNOWN).render(cells(owner=value))


def test_html_escapes_values_and_not_the_template() -> None:
    evil = "<script>\"'&"
    assert render("<b>{{ lead.first_name }}</b>", html=True, first_name=evil) == (
        "<b>&lt;script&gt;&quot;&#x27;&amp;</b>"
    )
    assert render("<b>{{ lead.first_name }}</b>", first_name=evil) == f"<b>{evil}</b>"


def test_html_escapes_what_filters_and_constants_make() -> None:
    assert render(
        "{{ '<i>' }}{{ ['<']|tojson }}{{ '<' ~ lead.first_name|upper }}", html=True, first_name="<"
    ) == ("&lt;i&gt;[&quot;&lt;&quot;]&lt;&lt;")


def test_loop_name_holds_in_its_loop_only() -> None:
    assert fault("{% for x in lead.interests %}{% endfor %}{{ x }}").startswith("“x” is not known here")


def test_same_source_is_compiled_once() -> None:
    assert compile_template("{{ lead.amount }}!", KNOWN) is compile_template("{{ lead.amount }}!", KNOWN)
    assert compile_template("{{ lead.amount }}!", KNOWN) is not compile_template(
        "{{ lead.amount }}!", KNOWN, html=True
    )


def test_targets_of_cells_are_what_is_ticked() -> None:
    known = targets_of([Cell("address", "Address", "address", {"city": "x"})])
    assert "address.city" in known.types
    assert "first_name" not in known.types
    assert "entity" in known.types


def test_parse_marks_every_node_with_its_place() -> None:
    tree = parse("a\n {{ lead.x }}")
    [name] = list(tree.find_all(nodes.Name))
    assert divmod(name.lineno, 1 << 20) == (2, 5)
