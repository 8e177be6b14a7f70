import json
from typing import Any
from uuid import UUID

import pytest

from leadflip.kit import jsonbytes

VALUES: list[Any] = [
    None,
    {"name": "Jürgen \u2028 😀", "ages": [1, -0.5, 10**30, True, 1e-7], "none": {}, "text": 'a\n"\\\x00\x7f'},
    [1e16, 0.1, 5e-324, 12345678901234567890],
    ("a", "b"),
]


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_reads_as_the_standard_library_does(number: int) -> None:
    text = jsonbytes.written(VALUES[number])
    same = json.loads(json.dumps(VALUES[number]))
    assert (json.loads(text), jsonbytes.read(text)) == (same, same)


def test_no_blanks_and_no_escapes_but_where_needed() -> None:
    assert jsonbytes.written({"a": ["ü", 1], "b": "/"}) == '{"a":["ü",1],"b":"/"}'.encode()


def test_half_a_pair_is_replaced_and_nothing_else() -> None:
    assert jsonbytes.written({"a": "x\ud800é"}) == '{"a":"x?é"}'.encode()
    id = UUID(int=7)
    assert jsonbytes.written([id, "\ud800"]) == f'["{id}","?"]'.encode()
