"""The key of a lead source: `Authorization: Bearer <key>`, or the key alone."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase

from distribution import catalogue, keys
from distribution.api import rate
from distribution.api.errors import CHALLENGE, ApiError
from distribution.models import ApiKey
from leadflip.kit import clock

# "Last used" is written no more often than this.
USED_EVERY = timedelta(minutes=1)


class KeyAuth(AuthBase):
    """Finds the ApiKey of a request, with its entities. Answers 401 with the reason, 429 beyond its rate.

    `known`: as this process read it last, for a view that asks `keys.at` in its transaction.
    """

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A key made under API keys in the admin."

    def __init__(self, *, known: bool = False) -> None:
        super().__init__()
        self._known = known

    def __call__(self, request: HttpRequest) -> ApiKey:
        plain = sent_key(request)
        if not plain:
            raise _refusal(_("Send your API key in the header Authorization: Bearer <key>."))
        key = keys.find(plain, catalogue.newest() if self._known else 0)
        if key is None:
            raise _refusal(_("No API key is like this one: copy it again, or make a new one in the admin."))
        keys.refuse_revoked(key)
        _hold_to_its_rate(key)
        _mark_used(key)
        return key


def _hold_to_its_rate(key: ApiKey) -> None:
    wait = rate.wait(key.pk, key.rate) if key.rate else 0
    if wait:
        message = _("The API key %(key)s may send %(rate)d requests a minute: send it again in %(wait)d s.")
        named = {"key": key, "rate": key.rate, "wait": wait}
        raise ApiError(429, {"request": [message % named]}, {"Retry-After": str(wait)})


def sent_key(request: HttpRequest) -> str:
    """What the request sends as its key, "" for nothing."""
    first, _space, rest = request.headers.get("Authorization", "").strip().partition(" ")
    return rest.strip() if first.lower() == "bearer" else first if not rest else ""


def _refusal(message: str) -> ApiError:
    return ApiError(401, {"authorization": [message]}, CHALLENGE)


def _mark_used(key: ApiKey) -> None:
    now = clock.now()
    if key.last_used is None or key.last_used <= now - USED_EVERY:
        unmarked = Q(last_used=None) | Q(last_used__lte=now - USED_EVERY)
        ApiKey.objects.filter(unmarked, id=key.pk).update(last_used=now)
        key.last_used = now
