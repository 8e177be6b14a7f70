"""Whatever is written, it is a bounded template or its problems are told."""

import string
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from partners.templating import Problem, TemplateError, TemplateErrors, bounds, compile_template
from partners.templating.filters import FILTERS
from tests.partners.templating.common import KNOWN, cells, problems, render

BIG = "a" * bounds.VALUE_BYTES


def _wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(sorted(FILTERS))).map(lambda parts: f"({parts[0]}|{parts[1]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]}|replace({parts[1]}, {parts[2]}))"),
        st.tuples(
            inner,
            st.sampled_from(["~", "and", "or", "<", ">=", "==", "in", "not in", "*", "**", "+", "%"]),
            inner,
        ).map(lambda parts: f"({' '.join(parts)})"),
        pair.map(lambda parts: f"({parts[0]}|join({parts[1]}))"),
        pair.map(lambda parts: f"({parts[0]}|default({parts[1]}, true))"),
        pair.map(lambda parts: f"[{parts[0]}, {parts[1]}]"),
        inner.map(lambda part: f"({part} if lead.owner else 'x')"),
        inner.map(lambda part: f"({part}).x[1:](2)"),
    )


LEAVES = st.sampled_from(
    [
        "lead.first_name",
        "lead.interests",
        "lead.address",
        "lead.address.city",
        "lead.amount",
        "lead.score",
        "x",
        "'a'",
        "''",
        "1",
    ]
)
EXPRESSION = st.recursive(LEAVES, _wrapped, max_leaves=20)
STATEMENT = st.recursive(
    st.one_of(EXPRESSION.map(lambda part: f"{{{{ {part} }}}}"), st.sampled_from(["text", "\n", "<b>"])),
    lambda inner: st.one_of(
        st.tuples(EXPRESSION, inner).map(
            lambda parts: f"{{% for x in {parts[0]} %}}{parts[1]}{{% endfor %}}"
        ),
        st.tuples(EXPRESSION, inner).map(lambda parts: f"{{% if {parts[0]} %}}{parts[1]}{{% endif %}}"),
        st.lists(inner, max_size=4).map("".join),
    ),
    max_leaves=10,
)
VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**15), 10**15),
    st.floats(),
    st.text(max_size=50),
    st.sampled_from([BIG, "'" * 60_000]),
    st.lists(st.text(max_size=5), max_size=400),
    st.dictionaries(st.sampled_from(["street", "city"]), st.text(max_size=5)),
)


@settings(max_examples=300, deadline=None)
@given(source=STATEMENT, value=VALUE, html=st.booleans())
def test_whatever_is_written_ends_in_bounds(source: str, value: Any, html: bool) -> None:
    began = time.process_time()
    try:
        template = compile_template(source, KNOWN, html=html)
        made = template.render(cells(first_name=value, interests=value, address=value))
    except (TemplateErrors, TemplateError):
        made = ""
    assert bounds.size(made) <= bounds.OUTPUT_BYTES
    assert time.process_time() - began < 3


@settings(max_examples=300, deadline=None)
@given(source=st.text(alphabet=string.printable + "é\ud800{}%#|.", max_size=200))
def test_any_text_is_a_template_or_has_problems(source: str) -> None:
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: tuple[Problem, ...] = ()
    try:
        compile_template(source, KNOWN)
    except TemplateErrors as errors:
        found = errors.problems
    assert all(1 <= problem.line <= len(lines) + 1 and problem.column >= 1 for problem in found)


@settings(max_examples=100, deadline=None)
@given(before=st.text(alphabet="ab é\n\t", max_size=40))
def test_place_is_where_the_fault_stands(before: str) -> None:
    [problem] = problems(f"{before}{{{{ lead.nope }}}}")
    lines = before.split("\n")
    assert (problem.line, problem.column) == (len(lines), len(lines[-1]) + 4)


@settings(max_examples=100, deadline=None)
@given(name=st.text(max_size=20), value=st.text(max_size=50))
def test_html_output_holds_no_tag_of_a_value(name: str, value: str) -> None:
    made = render(
        "{{ lead.first_name }}{{ lead.address.city|upper }}",
        html=True,
        first_name=name,
        address={"city": value},
    )
    assert not set("<>\"'") & set(made)
