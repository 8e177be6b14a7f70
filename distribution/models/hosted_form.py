"""A page on which people write a lead themselves, on its own or framed by a site."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _


def new_token() -> str:
    """What stands in a form's address: 128 bits that nobody guesses."""
    return secrets.token_urlsafe(16)


class HostedForm(models.Model):
    """The form of one entity, off until somebody turns it on."""

    id = models.BigAutoField(primary_key=True)
    entity = models.OneToOneField(
        "distribution.Entity", models.CASCADE, related_name="form", verbose_name=_("entity")
    )
    enabled = models.BooleanField(_("enabled"), default=False)
    token = models.CharField(_("address"), max_length=43, unique=True, default=new_token, editable=False)
    title = models.CharField(_("title"), max_length=200, blank=True)
    intro = models.TextField(_("introduction"), blank=True)
    # Keys of the fields that it shows, in order; none: all of them.
    shown = models.JSONField(_("fields"), default=list, blank=True)
    consent = models.TextField(
        _("consent"), blank=True, help_text=_("What people agree to; kept with the lead, word for word.")
    )
    origins = models.JSONField(
        _("sites"),
        default=list,
        blank=True,
        help_text=_("Sites that may frame it, such as https://example.com."),
    )
    thanks = models.TextField(_("thanks"), blank=True, help_text=_("Shown when the lead is in."))
    redirect = models.URLField(
        _("redirect"), max_length=500, blank=True, help_text=_("Where people go instead of reading thanks.")
    )

    class Meta:
        verbose_name = _("hosted form")
        verbose_name_plural = _("hosted forms")

    def __str__(self) -> str:
        return self.title or str(self.entity)
