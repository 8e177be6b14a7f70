"""405 in the form of all errors, for the methods that an address does not take."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from distribution.api.errors import ApiError

ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def refuse_others(router: Router, path: str, allowed: str) -> None:
    """Lets `path` answer 405 to every method but `allowed`. Call it after the operation itself."""

    def other_methods(request: HttpRequest) -> HttpResponse:
        message = _("%(method)s is not for this address: send %(allowed)s.")
        named = {"method": request.method, "allowed": allowed}
        raise ApiError(405, {"request": [message % named]}, {"Allow": allowed})

    def other_methods_of_lead(request: HttpRequest, lead_id: str) -> HttpResponse:
        return other_methods(request)

    view = other_methods_of_lead if "{lead_id}" in path else other_methods
    others = [method for method in ALL if method != allowed]
    router.api_operation(others, path, include_in_schema=False)(view)
