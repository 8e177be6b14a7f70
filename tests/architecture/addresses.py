"""Every address that the product answers, with stand-ins for what stands in them."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

STAND_INS = {
    "uuid": "0190a5e0-0000-7000-8000-000000000000",
    "int": "1",
    "slug": "a-name",
    "str": "1",
    "path": "1",
}


def every_address() -> list[str]:
    """Each pattern of the URL configuration as one address, beginning with a stroke."""
    return sorted({f"/{address}" for address in _walk(get_resolver().url_patterns)})


def _walk(patterns: list[Any], before: str = "") -> Iterator[str]:
    for entry in patterns:
        here = before + _filled(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, here)
        elif isinstance(entry, URLPattern):
            yield here


def _filled(pattern: str) -> str:
    """A route or a regular expression with its parameters filled in."""
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda found: STAND_INS[found[1] or "str"], pattern)
    if not pattern.startswith("^") and "(?P" not in pattern:
        return route
    return re.sub(r"\(\?P.*?\)|[\^$\\]", lambda found: "1" if found[0].startswith("(") else "", pattern)
