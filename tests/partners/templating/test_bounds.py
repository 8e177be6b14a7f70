"""Nothing that a template says, and nothing that a lead holds, runs over the bounds."""

import time
from contextlib import suppress
from typing import Any

import pytest

from partners.templating import TemplateError, bounds
from tests.partners.templating.common import fault, problems, render


def overrun(source: str, **values: Any) -> str:
    with pytest.raises(TemplateError) as caught:
        render(source, **values)
    return str(caught.value)


def nested(depth: int) -> str:
    opening = "".join(f"{{% for x{level} in [1, 2] %}}" for level in range(depth))
    return opening + "a" + "{% endfor %}" * depth


def test_loops_nest_twice() -> None:
    assert render(nested(2)) == "aaaa"
    assert "at most 2 deep" in fault(nested(3))


def test_turns_are_counted_over_all_loops() -> None:
    many = ["x"] * 31
    both = "{% for a in lead.interests %}{% for b in lead.interests %}{% endfor %}{% endfor %}"
    assert render(both, interests=many) == ""  # 31 + 961
    assert "more than 1000 turns" in overrun(both, interests=[*many, "x"])
    assert "more than 1000 turns" in overrun(
        "{% for a in lead.interests %}{% endfor %}" * 2, interests=["x"] * 501
    )


def test_source_is_bounded_in_bytes() -> None:
    assert render("a" * bounds.SOURCE_BYTES)
    assert "over 64 KiB" in fault("é" * (bounds.SOURCE_BYTES // 2 + 1))


@pytest.mark.parametrize(
    "value",
    ["é" * (bounds.VALUE_BYTES // 2 + 1), ["x" * 1000] * 66, {"city": "x" * (bounds.VALUE_BYTES + 1)}],
)
def test_value_is_bounded_in_bytes(value: Any) -> None:
    message = overrun("{{ lead.first_name }}", first_name=value)
    assert message == "The value of lead.first_name is over 64 KiB."
    assert render("{{ lead.amount }}", first_name=value)


def test_output_is_bounded_in_bytes() -> None:
    value = "x" * bounds.VALUE_BYTES
    assert len(render("{{ lead.first_name }}" * 4, first_name=value)) == bounds.OUTPUT_BYTES
    assert "over 256 KiB" in overrun("{{ lead.first_name }}" * 4 + "y", first_name=value)


def test_output_is_counted_after_escaping() -> None:
    with pytest.raises(TemplateError):
        render("{{ lead.first_name }}", html=True, first_name="'" * bounds.VALUE_BYTES)


BIG = "a" * bounds.VALUE_BYTES


@pytest.mark.parametrize(
    "source",
    [
        "{{ lead.first_name|replace('a', lead.first_name) }}",
        "{{ lead.first_name|replace('', lead.first_name)|length }}",
        "{{ lead.first_name" + "|replace('a', 'aaaa')" * 30 + "|length }}",
        "{{ lead.first_name ~ lead.first_name ~ lead.first_name ~ lead.first_name ~ 'a' }}",
        "{{ [" + "lead.first_name, " * 500 + "]|join(lead.first_name)|length }}",
        "{{ [" + "lead.first_name, " * 500 + "]|tojson|length }}",
        "{{ ([" + "lead.first_name, " * 500 + "] ~ '')|length }}",
        "{% for a in lead.interests %}{{ (lead.first_name|upper)|length }}{% endfor %}",
        "{% for a in lead.interests %}{{ 'b' in lead.first_name }}{% endfor %}",
        "{% for a in lead.interests %}{% if lead.first_name == a ~ lead.first_name %}{% endif %}{% endfor %}",
        "{% for a in lead.interests %}{{ lead.first_name|truncate }}{% endfor %}",
        "{% for a in lead.interests %}{{ lead.first_name|length }}{% endfor %}",
        "{% for a in lead.interests %}" + "{% if a %}{% endif %}" * 2000 + "{% endfor %}",
        "{% for a in lead.interests %}{{ [" + "a," * 3000 + "]|length }}{% endfor %}",
        "{% for a in lead.interests %}{{ " + " and ".join(["a == a"] * 30) + " }}{% endfor %}" * 1,
    ],
)
def test_bombs_end_by_counting(source: str) -> None:
    began = time.process_time()
    with suppress(TemplateError):
        render(source, first_name=BIG, interests=["x"] * 1000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "not " * 5000 + "1 }}",
        "{{ " + "[" * 5000 + "]" * 5000 + " }}",
        "{{ " + "-" * 5000 + "1 }}",
        "{{ 1" + " and 1" * 5000 + " }}",
        "{{ 1" + " if 1 else 1" * 3000 + " }}",
        "{{ lead" + ".a" * 5000 + " }}",
        "{{ 1" + "|upper" * 5000 + " }}",
        "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
        "{% for x in [1] %}" * 2000 + "{% endfor %}" * 2000,
        "{{ 1 }}" * 6000,
        "{{ " + "9" * 60000 + " }}",
        "{{ '" + "\\x41" * 16000 + "' + 1 }}",
    ],
)
def test_source_bombs_are_refused(source: str) -> None:
    began = time.process_time()
    assert problems(source)
    assert time.process_time() - began < 2
