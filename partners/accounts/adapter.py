"""What allauth asks of a project, answered for this one."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from partners.accounts import doors, limits

MISMATCH = _("No login has this e-mail and password. Check both; capital letters count.")


class Adapter(DefaultAccountAdapter):
    """Sign-up is closed, one sentence for every wrong pair, and a lock-out that says how long."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": MISMATCH,
        "enter_current_password": _("This is not your current password. Capital letters count."),
        "too_many_login_attempts": _("Too many wrong attempts. Wait five minutes, then try again."),
        "incorrect_password": _("This is not your password. Capital letters count."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are invited by an admin."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only addresses of this very site, whatever else ALLOWED_HOSTS names."""
        request = self.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages only: no answer for scripts."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Of whom the limits count: as far out as PROXIES lets us believe X-Forwarded-For."""
        return limits.address(request, settings.PROXIES)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home, for who is signed in and opens a sign-in page."""
        return reverse(doors.of(request.user).home)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of a letter: made from BASE_URL, so that no Host header gets into a letter."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.BASE_URL.rstrip('/')}{path.replace('UID-KEY', key)}"

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The pages say themselves what happened."""

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts an attempt. Raises ValidationError with the time to wait where there were too many."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            key = self._get_login_attempts_cache_key(request, **credentials)
            raise ValidationError(limits.wait_words(request, key)) from None

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth's own has the Host header in it: who varies its port would have new attempts each time.
        return str(credentials.get("email", "")).strip().lower()
