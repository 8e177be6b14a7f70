"""What the log knows of a request: its id, where it came from, and who is signed in."""

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from partners.accounts import limits


class RequestLog(RequestMiddleware):
    """django-structlog's middleware; it asks for the address and the session as seldom as it can."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """As the sign-in limits see it: believed as far as our proxies reach."""
        structlog.contextvars.bind_contextvars(ip=limits.address(request, settings.PROXIES))

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Without a session nobody is signed in."""
        if hasattr(request, "session") and request.session.session_key:
            RequestMiddleware.bind_user_id(request)
