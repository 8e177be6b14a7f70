"""The admin site and what our admin classes share."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class Site(admin.AdminSite):
    """The stock site under our name."""

    site_header = _("Leadflip Distribution")
    site_title = _("Leadflip")
    index_title = _("Distribution")
