"""The start page at `/`: where everything is, in demo mode; else the way to the admin."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

# The sample logins; their passwords are printed in the terminal, and stand on no page.
ADMIN, OPERATOR, PARTNER = "admin@example.com", "operator@example.com", "partner@example.com"


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Links and user names, for who has just typed `make run`."""
    if not settings.DEMO:
        return redirect("admin:index")
    people = {"admin": ADMIN, "operator": OPERATOR, "partner": PARTNER}
    return render(request, "distribution/start.html", {"people": people})
