from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from partners.sheet import Cell
from portal.values import shown


@pytest.mark.parametrize(
    ("type", "value", "lines", "link"),
    [
        ("text", "Ana", ("Ana",), ""),
        ("textarea", "one\ntwo", ("one\ntwo",), ""),
        ("number", 2026, ("2026",), ""),
        ("number", 12.5, ("12.5",), ""),
        ("number", 0, ("0",), ""),
        ("email", "ana@example.com", ("ana@example.com",), "mailto:ana@example.com"),
        (
            "email",
            "a?subject=x@example.com",
            ("a?subject=x@example.com",),
            "mailto:a%3Fsubject%3Dx@example.com",
        ),
        ("phone", "+49301234567", ("+49301234567",), "tel:+49301234567"),
        ("date", "2026-11-24", ("24 Nov 2026",), ""),
        ("datetime", "2026-11-24T13:05:09Z", ("24 Nov 2026, 14:05",), ""),
        ("datetime", "9999-12-31T23:30:00Z", ("31 Dec 9999, 23:30",), ""),
        ("select", "Pitched", ("Pitched",), ""),
        ("multi_select", ["Battery", "Wallbox"], ("Battery", "Wallbox"), ""),
        ("checkbox", True, ("Yes",), ""),
        ("checkbox", False, ("No",), ""),
        ("url", "https://example.com/a", ("https://example.com/a",), "https://example.com/a"),
        ("url", "javascript:alert(1)", ("javascript:alert(1)",), ""),
        (
            "address",
            {
                "street": "Musterstraße",
                "house_number": "12a",
                "city": "Berlin",
                "latitude": 52.5,
                "longitude": 13.4,
            },
            ("Musterstraße 12a", "Berlin", "52.5, 13.4"),
            "",
        ),
        ("address", {"postcode": "10115"}, ("10115",), ""),
    ],
)
def test_shown_reads_each_type(type: str, value: Any, lines: tuple[str, ...], link: str) -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")):
        field = shown(Cell("key", "Label", type, value))
    assert (field.label, field.lines, field.link) == ("Label", lines, link)


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_shown_of_nothing_has_no_line(value: Any) -> None:
    assert shown(Cell("key", "Label", "text", value)).lines == ()


def test_shown_joins_its_lines() -> None:
    assert shown(Cell("key", "Label", "multi_select", ["a", "b"])).text == "a, b"


def test_shown_knows_what_leads_to_another_site() -> None:
    assert shown(Cell("key", "Label", "url", "http://example.com")).is_web
    assert not shown(Cell("key", "Label", "phone", "+4930")).is_web
