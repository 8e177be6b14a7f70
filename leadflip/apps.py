from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeadflipConfig(AppConfig):
    """Brings in the system checks of the whole installation."""

    name = "leadflip"
    verbose_name = _("Leadflip")

    def ready(self) -> None:
        from leadflip import checks  # noqa: F401 - importing it registers the checks
