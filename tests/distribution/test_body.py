"""Bodies read as names and values; each way to be unreadable is told with its place."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import RequestFactory

from distribution.api import body
from distribution.api.errors import ApiError

FORM = "application/x-www-form-urlencoded"


def read(data: bytes | str, content_type: str = "application/json") -> dict[str, Any]:
    return dict(body.read(RequestFactory().post("/api/intake", data, content_type=content_type)))


def refusal(data: bytes | str, content_type: str = "application/json") -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        read(data, content_type)
    return caught.value.code, " ".join(*caught.value.errors.values())


def test_read_json_keeps_types_and_exact_numbers() -> None:
    sent = '{"a": "x", "n": 1, "f": 0.10, "t": true, "l": ["a"], "o": {"postcode": "1"}, "z": null}'
    assert read(sent) == {
        "a": "x",
        "n": 1,
        "f": Decimal("0.10"),
        "t": True,
        "l": ["a"],
        "o": {"postcode": "1"},
        "z": None,
    }


def test_read_json_with_byte_order_mark() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_read_form_repeated_name_is_a_list() -> None:
    assert read("a=1&b=&c=x+y%20%C3%BC&a=2", FORM) == {"a": ["1", "2"], "b": "", "c": "x y ü"}


def test_read_multipart() -> None:
    request = RequestFactory().post("/api/intake", {"a": "1", "roof": ["x", "y"]})
    assert request.content_type == "multipart/form-data"
    assert body.read(request) == {"a": "1", "roof": ["x", "y"]}


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (" ", "line 1, column 2"),
        ('{"a": 1,\n "b" 2}', "line 2, column 6"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "-Infinity"),
        ('{"a": 1, "a": 2}', "“a” two times"),
        ('{"o": {"b": 1, "b": 2}}', "“b” two times"),
        ("[1]", "no JSON object"),
        ('"x"', "no JSON object"),
        ("[" * 100_000, "too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "too long"),
        (b'{"a": "\xff"}', "byte 8"),
        ('{"a\\u0000": 1}', "a\\x00"),
        ('{"\\ud800": 1}', "\\ud800"),
        ('{"address": {"\\ud800": 1}}', "\\ud800"),
        (json.dumps(dict.fromkeys(map(str, range(1001)))), "1,000"),
    ],
)
def test_read_json_unreadable_says_where(sent: bytes | str, says: str) -> None:
    code, message = refusal(sent)
    assert code == 400
    assert says in message


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (b"a=\xff", "byte 3"),
        ("a=%FF", "%-sequence"),
        (urlencode([(f"n{i}", i) for i in range(1001)]), "1,000"),
    ],
)
def test_read_form_unreadable_says_where(sent: bytes | str, says: str) -> None:
    code, message = refusal(sent, FORM)
    assert code == 400
    assert says in message


def test_read_multipart_unreadable() -> None:
    assert refusal("x", "multipart/form-data")[0] == 400


def test_read_multipart_refuses_files() -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    request = RequestFactory().post("/api/intake", {"photo": SimpleUploadedFile("roof.png", b"x")})
    with pytest.raises(ApiError) as caught:
        body.read(request)
    assert caught.value.code == 422
    assert "photo" in caught.value.errors


@pytest.mark.parametrize("data", ["", '{"a": 1}'])
@pytest.mark.parametrize(
    "content_type", ["text/plain", "", "application/xml", "application/json; charset=iso-8859-1"]
)
def test_read_other_content_type(content_type: str, data: str) -> None:
    code, message = refusal(data, content_type)
    assert code == 415
    assert "application/json" in message


def test_read_one_megabyte_and_no_more() -> None:
    fits = '{"a": "' + "x" * (body.MAX_BYTES - 9) + '"}'
    assert len(fits) == body.MAX_BYTES
    read(fits)
    assert refusal(fits + " ")[0] == 413


def test_digest_ignores_order_and_multipart_boundary() -> None:
    one, two = read('{"a": 1, "b": [2]}'), read('{"b": [2], "a": 1}')
    assert body.digest(one) == body.digest(two)
    assert len(body.digest(one)) == 32
    assert body.digest(read("a=1", FORM)) == body.digest({"a": "1"})


@pytest.mark.parametrize(
    "other", ['{"a": 2, "b": [2]}', '{"a": 1, "b": [2], "c": null}', '{"a": "1", "b": [2]}']
)
def test_digest_of_another_body_differs(other: str) -> None:
    assert body.digest(read('{"a": 1, "b": [2]}')) != body.digest(read(other))
