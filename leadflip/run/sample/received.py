"""What the sample partners got, asked of their process."""

import json
import urllib.request
from typing import Any, Literal

from leadflip.run.loopback import open_url
from leadflip.run.ports import HOST
from leadflip.run.sample.demo import Demo
from leadflip.run.state import State

PASSWORD = "sample"  # noqa: S105 - the name of one
SECONDS = 2.0


def received(state: State, inbox: Literal["crm", "mailbox"]) -> list[dict[str, Any]] | None:
    """The last leads or letters, newest first; None where nobody answers."""
    demo = Demo.known(state)
    if demo is None:
        return None
    request = urllib.request.Request(
        f"http://{HOST}:{demo.crm_port}/received/{inbox}",
        headers={"Authorization": f"Bearer {state.password(PASSWORD)}"},
    )
    try:
        with open_url(request, SECONDS) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found
    except OSError:
        return None
