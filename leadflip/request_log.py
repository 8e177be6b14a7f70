"""What the log knows of a request: its id, where it came from, and who is signed in."""

from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from partners.accounts import limits


class RequestLog(RequestMiddleware):
    """django-structlog's middleware with one line a request, at its end, and as few questions as it can."""

    def prepare(self, request: HttpRequest) -> None:
        """What all lines of this request say; the address as the sign-in limits see it."""
        address = limits.address(request, settings.PROXIES)
        structlog.contextvars.bind_contextvars(request_id=str(uuid4()), ip=address)
        self.bind_user_id(request)

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Without a session nobody is signed in."""
        if hasattr(request, "session") and request.session.session_key:
            RequestMiddleware.bind_user_id(request)
