"""The webhook's form says what an answer means, and tries that on a pasted one."""

import pytest

from partners.kinds.webhook import WebhookConfig, WebhookForm, WebhookKind
from tests.partners.test_webhook_form import SAVED, form


def rule(index: int, where: str, value: str, means: str, path: str = "") -> dict[str, str]:
    named = {"where": where, "value": value, "means": means, "path": path}
    return {f"rule_{index}_{name}": text for name, text in named.items()}


ERROR = rule(0, "json", "error", "rejected", "result.status")
KNOWN = rule(1, "status", "409", "duplicate")


def test_rules_are_saved_in_their_order_and_come_back() -> None:
    filled = form(**ERROR, **KNOWN, answer_id="result.id", sample="not kept")
    assert filled.is_valid(), filled.errors
    config = filled.config()
    assert config["answers"] == {
        "rules": [
            {"where": "json", "path": "result.status", "value": "error", "means": "rejected"},
            {"where": "status", "path": "", "value": "409", "means": "duplicate"},
        ],
        "id": "result.id",
        "price": "",
    }
    assert "not kept" not in str(config)
    again = WebhookForm(config=config)
    assert again["rule_1_value"].value() == "409"
    assert again["answer_id"].value() == "result.id"
    assert WebhookKind().facts(config)[-1] == (
        "What an answer means",
        "its value result.status is “error” → Rejected; its status is 409 → Duplicate",
    )


def test_nothing_is_saved_without_rules() -> None:
    filled = form(SAVED, rule_0_means="rejected", header_0_name="")
    assert filled.is_valid()
    assert "answers" not in filled.config()
    assert WebhookKind().load(filled.config()).answers == WebhookConfig().answers


@pytest.mark.parametrize(
    ("rows", "field", "words"),
    [
        (rule(0, "", "x", "rejected"), "rule_0_where", "Choose what is looked at"),
        (rule(0, "status", "4", "rejected"), "rule_0_value", "such as 409, or 4xx"),
        (rule(0, "status", "199", "rejected"), "rule_0_value", "such as 409, or 4xx"),
        (rule(0, "status", "٤٠٩", "rejected"), "rule_0_value", "such as 409, or 4xx"),
        (rule(0, "status", "4xx", "accepted"), "rule_0_means", "Only a status from 200 to 299"),
        (rule(0, "text", "", "rejected"), "rule_0_value", "Enter the text"),
        (rule(0, "text", "x", "rejected", "a.b"), "rule_0_path", "JSON value only"),
        (rule(0, "json", "x", "rejected"), "rule_0_path", "Enter where the value stands"),
        (rule(0, "json", "x", "rejected", "a[*]"), "rule_0_path", "divided by dots"),
        (rule(0, "text", "x" * 201, "rejected"), "rule_0_value", "at most 200"),
        (rule(0, "regex", "x", "rejected"), "rule_0_where", "regex"),
        ({"answer_price": "a..b"}, "answer_price", "divided by dots"),
        ({"sample": "x" * 4097}, "sample", "at most 4096"),
    ],
)
def test_refused_rule_is_named(rows: dict[str, str], field: str, words: str) -> None:
    filled = form(**rows)
    assert not filled.is_valid()
    assert words in str(filled.errors[field])


@pytest.mark.parametrize(
    ("status", "sample", "means", "said"),
    [
        ("200", '{"result": {"status": "error"}}', "rejected", ""),
        ("409", "", "duplicate", ""),
        ("200", '{"result": {"status": "fine"}}', "rejected", "means: Accepted, since no rule speaks of it"),
        (
            "200",
            '{"result": {"status": "error"}}',
            "accepted",
            "means: Rejected, since its value result.stat",
        ),
        (
            "409",
            "",
            "accepted",
            "means: Duplicate, since its status is 409.",
        ),
        (
            "500",
            "x",
            "accepted",
            "means: To be tried again, since no rule speaks of it, and its status is 500",
        ),
    ],
)
def test_sample_answer_is_checked_when_saved(status: str, sample: str, means: str, said: str) -> None:
    filled = form(**ERROR, **KNOWN, sample=sample, sample_status=status, sample_means=means)
    assert filled.is_valid() is not bool(said)
    assert said in str(filled.errors.get("sample", ""))
    assert not (said and filled.remarks()), "it is said once, and nothing else beside it"


def test_sample_shows_what_is_read_from_it() -> None:
    places = {"answer_id": "result.id", "answer_price": "result.price"}
    filled = form(**places, sample='{"result": {"id": 7, "price": "9.50"}}')
    assert filled.is_valid()
    assert filled.remarks() == [
        "The sample answer means: Accepted, since no rule speaks of it, and its status is 200. "
        "Its id: 7. Its price: 9.50."
    ]
    missing = form(**places, sample='{"result": {"id": 7}}', sample_means="accepted")
    assert not missing.is_valid()
    assert [*missing.errors] == ["answer_price"]


def test_part_is_folded_until_it_holds_something() -> None:
    def opened(filled: WebhookForm) -> bool:
        (part,) = filled.more()
        return part.open

    assert not opened(WebhookForm())
    assert opened(form(**ERROR))
    assert opened(form(rule_0_value="x"))
