"""What the API answered, its form checked."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response


def errors(response: "Response", code: int) -> dict[str, list[str]]:
    """The errors of a refusal."""
    assert response.status_code == code, response.content
    assert response["Content-Type"].startswith("application/json")
    answer = json.loads(response.content)
    assert set(answer) == {"status", "errors"}
    assert answer["status"] == "error"
    assert all(isinstance(message, str) for messages in answer["errors"].values() for message in messages)
    found: dict[str, list[str]] = answer["errors"]
    return found


def success(response: "Response") -> dict[str, Any]:
    """The answer itself."""
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = json.loads(response.content)
    assert answer["status"] == "success"
    return answer
