from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeadflipConfig(AppConfig):
    """Brings in the system checks of the whole installation, and the Celery app that tasks belong to."""

    name = "leadflip"
    verbose_name = _("Leadflip")

    def ready(self) -> None:
        from leadflip import celery, checks  # noqa: F401 - importing them registers what is in them
