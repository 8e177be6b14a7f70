from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partners")

    def ready(self) -> None:
        post_migrate.connect(_ensure_revision, sender=self)


def _ensure_revision(**_kwargs: Any) -> None:
    from partners.models import Revision

    Revision.objects.get_or_create(id=1)
