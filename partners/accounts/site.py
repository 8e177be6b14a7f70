"""The admin site behind its door: allauth signs in, counts attempts and changes passwords."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from leadflip.kit import admin as kit
from partners.accounts import doors, views


class Site(kit.Site):
    """Ours, but for how people come in and go out."""

    @method_decorator(never_cache)
    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """On to the index: only staff who are signed in come this far, all others go to the door.

        Django's own form would let them try passwords uncounted.
        """
        return HttpResponseRedirect(reverse("admin:index"))

    def logout(  # type: ignore[override]  # the stubs know the stock page alone
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Out, and to the door."""
        return LogoutView.as_view(next_page=doors.ADMIN.way())(request)

    def password_change(  # type: ignore[override]  # the stubs know the stock page alone
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """The own password."""
        context = {**self.each_context(request), **(extra_context or {})}
        return views.change_password(request, doors.ADMIN, "admin/password.html", **context)

    def password_change_done(  # type: ignore[override]  # the stubs know the stock page alone
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """No page of its own: the index says so."""
        return HttpResponseRedirect(reverse("admin:index"))
