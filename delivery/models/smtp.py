"""The account-level SMTP server that e-mail delivery needs."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from delivery.models.password import KeptPassword


class SmtpAccount(KeptPassword):
    """The one row of the account's SMTP settings; SMTP_URL in the environment wins over it."""

    class Security(models.TextChoices):
        TLS = "tls", _("TLS from the start (port 465)")
        STARTTLS = "starttls", _("STARTTLS, required (port 587)")
        NONE = "none", _("None: in clear, without password")

    OWNER = "smtp:1"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    host = models.CharField(_("host"), max_length=255)
    port = models.PositiveIntegerField(
        _("port"), default=587, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_("security"), max_length=8, choices=Security, default=Security.STARTTLS)
    user = models.CharField(_("user"), max_length=255, blank=True)
    from_address = models.CharField(
        _("from"), max_length=320, help_text=_("Such as “Leads <leads@example.com>” or leads@example.com.")
    )
    connections = models.PositiveSmallIntegerField(
        _("connections"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text=_("Most connections that one worker opens to this server."),
    )
    # Where letters that cannot be delivered return to; "": to the from address.
    bounce_domain = models.CharField(_("bounce domain"), max_length=190, blank=True)

    class Meta:
        verbose_name = _("SMTP account")
        verbose_name_plural = _("e-mail settings")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="smtp_one_row")]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
