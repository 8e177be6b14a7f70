from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in

        from portal.account import note_sign_in

        user_logged_in.connect(note_sign_in, dispatch_uid="portal.note_sign_in")
