"""POST /api/intake: one lead."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from distribution.api import body
from distribution.api.auth import KeyAuth
from distribution.api.errors import ApiError
from distribution.api.methods import refuse_others
from distribution.api.schemas import INTAKE, AcceptedLead, Problem
from distribution.intake.accept import Token, accept
from distribution.intake.idempotency import HEADER
from distribution.models import ApiKey

LONGEST_TOKEN = 255

router = Router(tags=["Leads"])


class KeyedRequest(HttpRequest):
    """A request that KeyAuth let in."""

    auth: ApiKey


@router.post(
    "/intake",
    auth=KeyAuth(),
    response={200: AcceptedLead, (400, 401, 403, 409, 413, 415, 422, 429, 500, 503): Problem},
    summary="Post a lead",
    operation_id="post_lead",
    exclude_unset=True,
    openapi_extra=INTAKE,
)
def post_intake(request: KeyedRequest) -> dict[str, Any]:
    """Stores one lead and routes it: the partners' deliveries begin when this answers."""
    given = body.read(request)
    return {"status": "success", **accept(key=request.auth, body=given, token=token(request, given))}


refuse_others(router, "/intake", "POST")


def token(request: HttpRequest, given: body.Body) -> Token | None:
    """The request's Idempotency-Key for this body. Raises ApiError."""
    text = request.headers.get(HEADER, "").strip()
    if len(text) > LONGEST_TOKEN or not (text.isascii() and text.isprintable()):
        message = _("Send at most 255 characters of ASCII, such as a UUID.")
        raise ApiError(400, {HEADER: [message]})
    return Token(text, body.digest(given)) if text else None
