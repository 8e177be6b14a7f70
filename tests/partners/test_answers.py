"""Answer rules: which answer they speak of, what they read from it, and that nothing makes them slow."""

import time
import tracemalloc

import pytest

from partners.kinds.answers import Answers, PathError, Rule, steps

BODY = '{"result": {"status": "Error", "code": 7, "ok": false, "items": [{"id": "A-1"}]}, "price": "12.50"}'


def reads(rule: Rule, status: int = 200, text: str = BODY) -> str:
    return Answers((rule,)).read(status, text).means


@pytest.mark.parametrize(
    ("where", "path", "value", "status", "holds"),
    [
        ("status", "", "409", 409, True),
        ("status", "", "4xx", 422, True),
        ("status", "", "4XX", 500, False),
        ("status", "", "409", 200, False),
        ("text", "", "STATUS", 200, True),
        ("text", "", "nowhere", 200, False),
        ("json", "result.status", "error", 200, True),
        ("json", "$.result.items[0].id", "a-1", 200, True),
        ("json", "result.items.0.id", "A-1", 200, True),
        ("json", "result.code", "7", 200, True),
        ("json", "result.ok", "false", 200, True),
        ("json", "result.ok", "", 200, False),
        ("json", "result.code", "", 200, True),
        ("json", "result.items", "", 200, True),
        ("json", "result.items", "a-1", 200, False),
        ("json", "result.items[9].id", "", 200, False),
        ("json", "result.status.deeper", "", 200, False),
        ("json", "missing", "", 200, False),
    ],
)
def test_rule_holds(where: str, path: str, value: str, status: int, holds: bool) -> None:
    assert (reads(Rule(where, value, "rejected", path), status) == "rejected") is holds


def test_first_rule_decides_and_only_2xx_can_be_accepted() -> None:
    both = Answers((Rule("text", "error", "duplicate"), Rule("json", "error", "rejected", "result.status")))
    assert both.read(200, BODY).means == "duplicate"
    taken = Answers((Rule("text", "error", "accepted"), Rule("status", "5xx", "rejected")))
    assert (taken.read(201, BODY).means, taken.read(500, BODY).means) == ("accepted", "rejected")


def test_id_and_price_are_read_where_they_are_plain() -> None:
    assert Answers(id="result.items[0].id", price="price").read(200, BODY).facts == {
        "id": "A-1",
        "price": "12.50",
    }
    for price in ('"1e-999999999"', '"12,50"', "-1", "true", "1e400", '"' + "9" * 400 + '"', "null"):
        assert Answers(id="id", price="price").read(200, f'{{"price": {price}, "id": {{}}}}').facts == {}


def test_answer_that_is_no_json_is_noted() -> None:
    rule = Rule("json", "x", "rejected", "a")
    assert "is no JSON, or over the 4 KiB" in Answers((rule,)).read(200, "<html>").note
    assert Answers((rule,)).read(200, '{"a": "y"}').note == ""
    assert Answers((Rule("text", "x", "rejected"),)).read(200, "<html>").note == ""


def test_saved_and_loaded_is_the_same() -> None:
    rules = Answers((Rule("json", "x", "rejected", "a.b"), Rule("status", "409", "duplicate")), "id", "price")
    assert Answers.load(rules.save()) == rules
    assert (Answers().save(), Answers.load({})) == ({}, Answers())


@pytest.mark.parametrize(
    "path", ["", ".", "a..b", "a[*]", "a[", "a.b?", "a" * 201, ".".join("a" * 11), "a[-1]"]
)
def test_path_that_is_none(path: str) -> None:
    with pytest.raises(PathError, match="divided by dots"):
        steps(path)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 4096,
        '{"a":' * 800,
        "9" * 4096,
        '"' + "\\u0000" * 682,
        "1e" + "9" * 4000,
        "\ud800" * 1365,
        "ß" * 2048,
    ],
    ids=range(7),
)
def test_hostile_answer_is_read_in_no_time(text: str) -> None:
    rules = tuple(Rule("json", "x", "rejected", ".".join(["a"] * 10)) for _each in range(10))
    answers = Answers((*rules, *(Rule("text", "ss" * 100, "rejected"),) * 10), "a.a", "a.a")
    tracemalloc.start()
    began = time.process_time()
    reading = answers.read(200, text)
    took, (_now, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (took < 0.5, peak < 2**20) == (True, True)
    assert reading.facts == {}
