"""Partners, with how each is reached."""

from django.contrib import admin

from partners.admin.base import ConfigAdmin
from partners.admin.people import MemberInline
from partners.models import Partner


@admin.register(Partner)
class PartnerAdmin(ConfigAdmin[Partner]):
    """Who receives leads."""

    inlines = [MemberInline]
    list_display = ["name", "active", "contact_email"]
    list_filter = ["active"]
    search_fields = ["name", "contact_email"]
    exclude = ["default_settings"]
