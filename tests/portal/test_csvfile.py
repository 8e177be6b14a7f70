"""Both formats, byte for byte."""

import csv
import io
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partners.sheet import ADDRESS_PARTS, Column, Ticks
from portal.csvfile import Data, Format, Heading, Spreadsheet, field_headings, own_headings, plain

BERLIN = ZoneInfo("Europe/Berlin")
HEADINGS = [
    Heading("portal.received_at", "Received", "datetime"),
    Heading("name", "Full name", "text"),
    Heading("phone", "Phone", "phone"),
    Heading("area", "Area", "number"),
    Heading("born", "Born", "date"),
    Heading("callback", "Call back", "datetime"),
    Heading("wishes", "Wishes", "multi_select"),
    Heading("owner", "Owner", "checkbox"),
    Heading("address", "Address", "address", "street"),
    Heading("address", "Address", "address", "postcode"),
]
ROW = {
    "portal.received_at": "2026-11-24 13:05:09.1204+00",
    "name": 'Zoë "Z" O\'Hara',
    "phone": "+49301234567",
    "area": -12.5,
    "born": "1984-02-29",
    "callback": "2026-06-01T08:00:00Z",
    "wishes": ["Battery", "Wallbox"],
    "owner": True,
    "address": {"street": "Musterstraße 1,\nback", "postcode": "01067"},
}


def file(format: Format, *rows: dict[str, Any]) -> bytes:
    return (format.start(HEADINGS) + lines(format, HEADINGS, *rows)).encode()


def lines(format: Format, headings: list[Heading], *rows: dict[str, Any]) -> str:
    return format.rows(headings, [heading.of(rows) for heading in headings])


def test_spreadsheet_byte_for_byte() -> None:
    assert file(Spreadsheet(",", BERLIN), ROW) == (
        b"\xef\xbb\xbf"
        b'"Received (Europe/Berlin)","Full name","Phone","Area","Born","Call back (Europe/Berlin)",'
        b'"Wishes","Owner","Address: street","Address: postcode"\r\n'
        b'"2026-11-24 14:05:09","Zo\xc3\xab ""Z"" O\'Hara","\'+49301234567","-12.5","1984-02-29",'
        b'"2026-06-01 10:00:00","Battery; Wallbox","true","Musterstra\xc3\x9fe 1,\nback","01067"\r\n'
    )


def test_spreadsheet_with_semicolons() -> None:
    lines = file(Spreadsheet(";", BERLIN), {"name": "a;b,c"}).split(b"\r\n")
    assert lines[0].startswith(b'\xef\xbb\xbf"Received (Europe/Berlin)";"Full name";')
    assert lines[1] == b'"";"a;b,c";"";"";"";"";"";"";"";""'


@pytest.mark.parametrize(
    ("format", "line"),
    [
        (Spreadsheet(",", BERLIN), '"Rejected","Does not fit what we offer"'),
        (Data(), "rejected,no_fit"),
    ],
    ids=["spreadsheet", "data"],
)
def test_people_read_words_and_programs_codes(format: Format, line: str) -> None:
    own = [Heading("portal.review", "Review", "text"), Heading("portal.reason", "Reason", "text")]
    assert lines(format, own, {"portal.review": "rejected", "portal.reason": "no_fit"}) == f"{line}\r\n"
    assert "no_longer_known" in lines(format, own, {"portal.reason": "no_longer_known"})


def test_data_byte_for_byte() -> None:
    assert file(Data(), ROW) == (
        b"portal.received_at,name,phone,area,born,callback,wishes,owner,address.street,address.postcode\r\n"
        b'2026-11-24T13:05:09Z,"Zo\xc3\xab ""Z"" O\'Hara",+49301234567,-12.5,1984-02-29,'
        b'2026-06-01T08:00:00Z,Battery; Wallbox,true,"Musterstra\xc3\x9fe 1,\nback",01067\r\n'
    )


def test_data_leaves_formulas_untouched() -> None:
    assert b",=1+1," in file(Data(), {"name": "=1+1"})


PIECES = [
    "",
    "=1+1",
    "+49",
    "-12.50",
    "＠x",
    "\t",
    "\r\n",
    '"',
    ";",
    ",",
    "'",
    "007",
    "Größe",
    "\u202e",
    "😀",
    "\ufeff",
]
AWKWARD = [first + second for first in PIECES for second in PIECES]


@pytest.mark.parametrize("format", [Spreadsheet(",", BERLIN), Spreadsheet(";", BERLIN), Data()])
def test_awkward_texts_are_read_as_they_are_or_marked(format: Format) -> None:
    headings = [Heading("name", "Name", "text"), Heading("address", "Address", "address", "street")]
    text = lines(format, headings, *({"name": each, "address": {"street": each}} for each in AWKWARD))
    delimiter = format.delimiter if isinstance(format, Spreadsheet) else ","
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert all(name == street for name, street in read)
    for [cell, _], value in zip(read, AWKWARD, strict=True):
        formula = value.startswith(("=", "+", "-", "＠", "\t", "\r")) and value not in ("-12.50", "-12.50007")
        assert cell == ("'" * (formula and format != Data()) + value)


@pytest.mark.parametrize("format", [Spreadsheet(",", BERLIN), Data()])
def test_missing_values_are_empty_and_never_none(format: Format) -> None:
    text = file(format, {}, {"address": None, "wishes": [], "name": ""}).decode()
    assert "None" not in text
    assert [line.replace('"', "") for line in text.split("\r\n")[1:3]] == [",,,,,,,,,"] * 2


def test_spreadsheet_guards_cells_and_headers() -> None:
    headings = [Heading("a", "=A1", "text"), Heading("b", "@B", "datetime")]
    format = Spreadsheet(",", BERLIN)
    assert format.start(headings) == '\ufeff"\'=A1","\'@B (Europe/Berlin)"\r\n'
    assert lines(format, headings, {"a": "=cmd|' /C calc'!A0"}) == '"\'=cmd|\' /C calc\'!A0",""\r\n'


@pytest.mark.parametrize(
    ("value", "data", "spreadsheet"),
    [
        ("2026-06-01T08:00:00Z", "2026-06-01T08:00:00Z", "2026-06-01 10:00:00"),
        ("2026-11-24 23:30:00.999+00", "2026-11-24T23:30:00Z", "2026-11-25 00:30:00"),
        ("0044-03-15T12:00:00Z", "0044-03-15T12:00:00Z", "0044-03-15 12:53:28"),
        # No such day in Berlin, or no moment at all: as it is kept, and the file goes on.
        ("9999-12-31T23:30:00Z", "9999-12-31T23:30:00Z", "9999-12-31T23:30:00Z"),
        ("soon", "soon", "soon"),
        (20261124, "20261124", "20261124"),
        (None, "", ""),
    ],
)
def test_moments_stand_in_the_zone_of_the_format(value: Any, data: str, spreadsheet: str) -> None:
    headings = [Heading("seen", "Seen", "datetime"), Heading("name", "Name", "text")]
    row = {"seen": value, "name": "Ana"}
    assert lines(Data(), headings, row) == f"{data},Ana\r\n"
    assert lines(Spreadsheet(",", BERLIN), headings, row) == f'"{spreadsheet}","Ana"\r\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (123456789012345, "123456789012345"),
        (12.5, "12.5"),
        (1e20, "100000000000000000000"),
        (1e-7, "0.0000001"),
        (["a", 1], "a; 1"),
        ([], ""),
        ("None", "None"),
    ],
)
def test_plain_writes_json_values(value: Any, text: str) -> None:
    assert plain(value) == text


COLUMNS = [
    Column("name", "Name", "text"),
    Column("address", "Address", "address"),
    Column("iban", "Iban", "text"),
]


def names(*ticks: Ticks) -> list[str]:
    return [heading.name for heading in field_headings(COLUMNS, ticks)]


def test_headings_of_everything_have_the_address_in_nine_columns() -> None:
    assert names(Ticks()) == ["name", *(f"address.{part}" for part in ADDRESS_PARTS), "iban"]


def test_headings_of_a_subset_have_what_is_ticked() -> None:
    assert names(Ticks(False, frozenset({"iban", "address.city"}))) == ["address.city", "iban"]


def test_headings_of_several_settings_have_what_any_of_them_ticks() -> None:
    one, two = (
        Ticks(False, frozenset({"name", "address.city"})),
        Ticks(False, frozenset({"address.postcode"})),
    )
    assert names(one, two) == ["name", "address.postcode", "address.city"]


def test_headings_of_nothing_are_none() -> None:
    assert names() == names(Ticks(False, frozenset())) == []


def test_own_headings_clash_with_no_field_key() -> None:
    fixed = [heading.name for heading in own_headings()]
    assert fixed[0] == "lead_id"
    assert all("." in name for name in fixed[1:])
