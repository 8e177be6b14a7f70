"""The admin site: the stock one with our name on it and the navigation of the source document."""

from django.contrib.admin.apps import AdminConfig


class LeadflipAdminConfig(AdminConfig):
    """Puts our site in the place of the stock one."""

    default_site = "partners.accounts.site.Site"
