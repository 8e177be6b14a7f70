"""JSON as bytes, for what is done with each lead: pydantic-core takes a third of the usual time."""

import json
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def written(value: Any) -> bytes:
    """A JSON value without blanks, in UTF-8; half a surrogate pair becomes a question mark."""
    try:
        return to_json(value)
    except PydanticSerializationError:
        return ENCODER.encode(value).encode("utf-8", "replace")


def read(text: bytes | str) -> Any:
    """The JSON value of a text that was written by us. Raises ValueError."""
    # Values are not kept for the next text that holds them: they may have been sealed.
    return from_json(text, cache_strings="keys")
