"""The errors that the reference shows: when each is answered, and its body."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

OTHER_ID = "0190b6a4-7c1e-7000-8000-3f2a9b5d6e71"


@dataclass(frozen=True)
class Shown:
    """One status; `errors` are those of one request, `header` what comes beside."""

    code: int
    when: "StrPromise"
    errors: Mapping[str, list[str]]
    header: str = ""

    @property
    def body(self) -> str:
        """As it is answered."""
        return json.dumps({"status": "error", "errors": self.errors}, ensure_ascii=False)


SHOWN = (
    Shown(
        400,
        _("The body, or the Idempotency-Key, cannot be read."),
        {"body": ["It is not JSON: line 1, column 26: Expecting ',' delimiter."]},
    ),
    Shown(
        401,
        _("There is no API key, or none like this one, or it was revoked."),
        {"authorization": ["No API key is like this one: copy it again, or make a new one in the admin."]},
        "WWW-Authenticate: Bearer",
    ),
    Shown(
        403,
        _("The API key is for other entities."),
        {"entity": ["This API key may not post to “roof-lead”."]},
    ),
    Shown(
        404,
        _("This API key created no such lead, or there is no such address."),
        {"lead_id": [f"This API key created no lead with the id {OTHER_ID}."]},
    ),
    Shown(
        405,
        _("The address takes another method."),
        {"request": ["PUT is not for this address: send POST."]},
        "Allow: POST",
    ),
    Shown(
        409,
        _("The Idempotency-Key was sent with another body."),
        {"Idempotency-Key": ["This key stands for a request with another body: send a new key."]},
    ),
    Shown(
        413,
        _("One lead has more than 1 MB, or a batch more than 8 MB."),
        {"body": ["The body is larger than 1 MB: shorten it."]},
    ),
    Shown(
        415,
        _("The Content-Type is another one, or missing, or the text is not UTF-8."),
        {
            "body": [
                "Send the body in UTF-8 as application/json or application/x-www-form-urlencoded or "
                "multipart/form-data, and say so in Content-Type."
            ]
        },
    ),
    Shown(
        422,
        _("Values do not fit their fields, or required ones are missing."),
        {"email": ["“ana” is not an e-mail address; write one such as ana@example.com."]},
    ),
    Shown(
        429,
        _("The API key sent more requests in a minute than it may."),
        {
            "request": [
                "The API key Landing page (lf_1a2b3c4d…) may send 60 requests a minute: send it again in 1 s."
            ]
        },
        "Retry-After: 1",
    ),
    Shown(
        500,
        _("Something failed on this side; nothing was stored."),
        {
            "request": [
                "Something failed here, not in your request. Send it again, or name the request id "
                "5f0c7a2e-3d41-4f0e-9b7a-8c6d1e2f3a4b."
            ]
        },
        "X-Request-ID: 5f0c7a2e-3d41-4f0e-9b7a-8c6d1e2f3a4b",
    ),
    Shown(
        503,
        _("The database is away. With an Idempotency-Key sending again makes no second lead."),
        {"request": ["The database does not answer. Send it again in 5 s, with the same Idempotency-Key."]},
        "Retry-After: 5",
    ),
)
