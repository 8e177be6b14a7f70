"""POST /api/intake: one lead."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
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
from leadflip.kit import jsonbytes

LONGEST_TOKEN = 255

router = Router(tags=["Leads"])


class KeyedRequest(HttpRequest):
    """A request that KeyAuth let in."""

    auth: ApiKey


@router.post(
    "/intake",
    auth=KeyAuth(known=True),
    response={200: AcceptedLead, (400, 401, 403, 409, 413, 415, 422, 429, 500, 503): Problem},
    summary="Post a lead",
    operation_id="post_lead",
    openapi_extra=INTAKE,
)
def post_intake(request: KeyedRequest) -> HttpResponse:
    """Stores one lead and routes it: the partners' deliveries begin when this answers."""
    given = body.read(request)
    return success(accept(key=request.auth, body=given, token=token(request, given)))


refuse_others(router, "/intake", "POST")


def success(told: Mapping[str, Any]) -> HttpResponse:
    """The answer; a schema that read it once more would take as long as reading the lead.

    Sorted, so that one that was kept is the same to the byte.
    """
    return HttpResponse(jsonbytes.written(_sorted({"status": "success", **told})), content_type=body.JSON)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def token(request: HttpRequest, given: body.Body) -> Token | None:
    """The request's Idempotency-Key for this body. Raises ApiError."""
    text = request.headers.get(HEADER, "").strip()
    if len(text) > LONGEST_TOKEN or not (text.isascii() and text.isprintable()):
        message = _("Send at most 255 characters of ASCII, such as a UUID.")
        raise ApiError(400, {HEADER: [message]})
    return Token(text, body.digest(given)) if text else None
