"""A webhook attempt as a curl command, to be tried by hand; without the headers' values: they are secret."""

import shlex
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

# Made by curl itself, or anew for every attempt.
LEFT_OUT = ("content-length", "host", "user-agent", "webhook-")


def command(request: Mapping[str, Any]) -> str:
    """`curl --request POST https://… --header … --data-raw …`; "" for what is no webhook."""
    url = request.get("url")
    if not url:
        return ""
    body = request.get("body", "")
    parts = ["curl", "--request", str(request.get("method", "POST")), url]
    for name in request.get("headers", ()):
        if not name.lower().startswith(LEFT_OUT):
            parts += ["--header", f"{name}: {_value(name, body)}"]
    return shlex.join([*parts, "--data-raw", body])


def _value(name: str, body: str) -> str:
    if name.lower() != "content-type":
        return _("put its value here")
    return "application/json" if body[:1] in ("{", "[") else "application/x-www-form-urlencoded"
