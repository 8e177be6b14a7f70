"""One form for every error of the API: {"status": "error", "errors": {field: [messages]}}."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from distribution.intake.errors import Errors, ForbiddenError, IntakeError, RevokedError, TokenTakenError
from leadflip.kit.trace import where

log = structlog.get_logger(__name__)

# Seconds after which a source may try again while the database is away.
AGAIN = 5

CODES: Mapping[type[IntakeError], int] = {
    IntakeError: 422,
    ForbiddenError: 403,
    TokenTakenError: 409,
    RevokedError: 401,
}
# What a request without a key in force is told of how to send one.
CHALLENGE = {"WWW-Authenticate": "Bearer"}


class ApiError(Exception):
    """An answer other than 200, with its messages by field and any headers."""

    def __init__(self, code: int, errors: Errors, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.errors = errors
        self.headers = headers


def problem(code: int, errors: Errors, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """The answer that all errors have."""
    return JsonResponse({"status": "error", "errors": dict(errors)}, status=code, headers=headers)


@csrf_exempt
def unknown_address(request: HttpRequest) -> HttpResponse:
    """404 for whatever the API does not have."""
    message = _("There is no address %(path)s; /api/docs lists all there are.") % {"path": request.path}
    return problem(404, {"address": [message]})


def install(api: NinjaAPI) -> None:
    """Makes `api` answer each error in our form."""
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(IntakeError, _refused)
    api.add_exception_handler(ValidationError, _ninja_fields)
    api.add_exception_handler(HttpError, _ninja_http)
    api.add_exception_handler(OperationalError, _away)
    api.add_exception_handler(Exception, _unforeseen)


def _api_error(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.code, error.errors, error.headers)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    code = CODES[type(error)]
    return problem(code, error.errors, CHALLENGE if code == 401 else None)


def _ninja_fields(request: HttpRequest, error: Any) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    for one in error.errors:
        errors.setdefault(".".join(map(str, one["loc"][1:])) or "body", []).append(str(one["msg"]))
    return problem(422, errors)


def _ninja_http(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status_code, {"request": [str(error)]})


def _away(request: HttpRequest, error: Any) -> HttpResponse:
    """The database is away, starts, or gave no lock in time; a commit in doubt is told by the token."""
    log.error("api_without_database", error=type(error).__name__, where=where(error), path=request.path)
    message = _(
        "The database does not answer. Send it again in %(seconds)d s, with the same Idempotency-Key."
    )
    return problem(503, {"request": [message % {"seconds": AGAIN}]}, {"Retry-After": str(AGAIN)})


def _unforeseen(request: HttpRequest, error: Any) -> HttpResponse:
    """The text of `error` stays out of answer and log: the database quotes values in it."""
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    log.error("api_failed", error=type(error).__name__, where=where(error), path=request.path)
    message = _("Something failed here, not in your request. Send it again, or name the request id %(id)s.")
    return problem(500, {"request": [message % {"id": request_id}]}, {"X-Request-ID": request_id})
