"""Retry policies."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from partners.admin.base import ConfigAdmin
from partners.models import RetryPolicy


@admin.register(RetryPolicy)
class RetryPolicyAdmin(ConfigAdmin[RetryPolicy]):
    """Named waits, for delivery settings and profiles to choose."""

    fields = ["name", "waits", "timeout"]
    list_display = ["name", "attempts", "timeout"]
    search_fields = ["name"]

    @admin.display(description=_("attempts"))
    def attempts(self, policy: RetryPolicy) -> int:
        """The first one, and one after each wait."""
        return 1 + len(policy.waits)
