from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.apps.registry import Apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Partners")

    def ready(self) -> None:
        from partners import roles
        from partners.audit import signs

        post_migrate.connect(roles.grant, dispatch_uid="partners.roles")
        post_migrate.connect(first_revision, sender=self, dispatch_uid="partners.revision")
        signs.connect()


def first_revision(using: str, apps: Apps = installed, **kwargs: Any) -> None:
    """Receiver of `post_migrate`: the revision's one row exists, also after a flush."""
    try:
        model = apps.get_model("partners", "Revision")
    except LookupError:
        return  # migrated back to nothing
    model.objects.using(using).get_or_create(id=1)
