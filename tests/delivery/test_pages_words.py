"""A job in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from delivery.channels.base import ERROR_CLASSES
from delivery.models import Job
from delivery.pages import words
from leadflip.kit import show
from leadflip.kit.ids import uuid7
from partners.models import DeliverySettings, RetryPolicy
from partners.sheet import Column, Sheet

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)


def make_job(host: str = "crm.example", **columns: Any) -> Job:
    return Job(**{"created_at": NOW, "budget_due": NOW, "settings": DeliverySettings(host=host), **columns})


def make_sheet(value: object, *, field: str = "name", how: str = "") -> Sheet:
    columns = [Column("name", "Name", "text", how == "encrypted", how == "sensitive")]
    return Sheet(uuid7(NOW), 1, "Solar lead", field, NOW, columns, {"name": value})


def test_error_classes_each_have_words() -> None:
    assert set(words.ERROR_CLASSES) == set(ERROR_CLASSES)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Ada", "Ada"),
        (None, ""),
        (12, "12"),
        (["Roof", "Garden"], "Roof, Garden"),
        ({"city": "Berlin", "street": "Allee", "postcode": ""}, "Allee, Berlin"),
        ("a\x00b", "a␀b"),
    ],
)
def test_lead_name_values(value: object, shown: str) -> None:
    assert words.lead_name(make_sheet(value)) == shown


@pytest.mark.parametrize("how", ["encrypted", "sensitive"])
def test_lead_name_is_masked(how: str) -> None:
    assert words.lead_name(make_sheet("DE89 3704", how=how)) == show.MASK


def test_lead_name_without_display_field_or_lead() -> None:
    assert words.lead_name(make_sheet("Ada", field="")) == ""
    assert words.lead_name(None) == ""


def test_plain_controls_are_visible_and_text_stays() -> None:
    assert words.plain("a\x00\x1b\x7f\x85b\u202e") == "a␀␛\\u007f\\u0085b\\u202e"
    assert words.plain("line\r\n\ttab ü 👩\u200d🌾 שלום") == "line\r\n\ttab ü 👩\u200d🌾 שלום"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ({"attempts": 0}, "0 of 8"),
        ({"attempts": 3}, "3 of 8"),
        ({"attempts": 3, "policy": RetryPolicy(waits=[5, 30])}, "3 of 3"),
        ({"attempts": 9, "budget_from": 8}, "9 of 16"),
    ],
)
def test_attempts_of_the_policy_in_force(columns: dict[str, Any], shown: str) -> None:
    assert words.attempts(make_job(**columns)) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(), "0 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=2, seconds=5), "2 min 5 s"),
        (timedelta(hours=17, minutes=12, seconds=35), "17 h 12 min"),
        (timedelta(days=2, hours=3, minutes=59), "2 d 3 h"),
        (timedelta(hours=2, seconds=2), "2 h"),
        (timedelta(minutes=1), "1 min"),
    ],
)
def test_span_two_units(length: timedelta, shown: str) -> None:
    assert show.span(length) == shown


SPENT = {
    "status": "failed",
    "attempts": 8,
    "last_code": 500,
    "last_error": "The server answered 500.",
    "settled_at": NOW + timedelta(hours=17, minutes=12),
}


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (
            {"status": "queued", "next_attempt_at": NOW - timedelta(seconds=2)},
            "Waits for a worker since 2 s.",
        ),
        (
            {"status": "queued", "next_attempt_at": NOW + timedelta(hours=1)},
            "Waits for its first attempt, due 24 Nov 2026, 15:05.",
        ),
        ({"status": "sending", "attempts": 2}, "Attempt 2 of 8 is on its way."),
        (
            {
                "status": "retrying",
                "attempts": 2,
                "last_error": "crm.example refused the connection.",
                "next_attempt_at": NOW + timedelta(minutes=2),
            },
            "Attempt 2 of 8 failed: crm.example refused the connection. "
            "The next one is due 24 Nov 2026, 14:07.",
        ),
        (
            {"status": "delivered", "attempts": 1, "settled_at": NOW + timedelta(milliseconds=340)},
            "Delivered at the first attempt, 340 ms after routing.",
        ),
        (
            {"status": "delivered", "attempts": 3, "settled_at": NOW + timedelta(seconds=35)},
            "Delivered after 3 attempts, 35.0 s after routing.",
        ),
        (SPENT, "Failed after 8 attempts over 17 h 12 min; last answer 500 from crm.example."),
        ({**SPENT, "host": ""}, "Failed after 8 attempts over 17 h 12 min; last answer 500."),
        (
            {**SPENT, "last_code": None, "last_error": "", "last_error_class": "timeout"},
            "Failed after 8 attempts over 17 h 12 min; last error: No answer in time.",
        ),
        (
            {"status": "failed", "reason": "SMTP is not configured.", "settled_at": NOW},
            "Failed without an attempt: SMTP is not configured.",
        ),
        (
            {"status": "cancelled", "reason": "The partner is inactive.", "settled_at": NOW},
            "Cancelled: The partner is inactive.",
        ),
        ({"status": "cancelled", "settled_at": NOW}, "Cancelled: no more attempts."),
    ],
)
def test_sentence_of_each_status(columns: dict[str, Any], sentence: str) -> None:
    assert words.sentence(make_job(**columns), NOW) == sentence
