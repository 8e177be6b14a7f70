"""The partner: who receives leads."""

import zoneinfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partners.models.capped import Capped, at_least_one


def known_zone(value: str) -> None:
    """Refuses what is no IANA time zone."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(value)s” is not a time zone; write one such as Europe/Berlin."), params={"value": value}
        )


class May(models.TextChoices):
    """What a partner's people may do in its portal beside reading and answering its leads."""

    DELIVERIES = "deliveries", _("See its deliveries: each attempt, what was sent and answered")
    TEST = "test", _("Send itself a test lead")
    RESEND = "resend", _("Send failed deliveries again")
    PAUSE = "pause", _("Pause and resume its deliveries")
    SECRETS = "secrets", _("Make a new signing secret")
    ADDRESS = "address", _("Change its webhook address (owners), once an admin has approved it")
    AT_ONCE = "at_once", _("Change the path on the same host without approval")
    CAPS = "caps", _("Lower its own caps (owners)")


class Partner(Capped):
    """A receiver of leads. An inactive one gets nothing and keeps its history."""

    name = models.CharField(_("name"), max_length=200)
    contact_email = models.EmailField(
        _("contact e-mail"),
        blank=True,
        help_text=_("Gets a letter when the webhook's endpoint takes no leads."),
    )
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    tags = ArrayField(models.CharField(max_length=50), verbose_name=_("tags"), default=list, blank=True)
    notes = models.TextField(_("internal notes"), blank=True, help_text=_("Never shown to the partner."))
    zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[known_zone])
    active = models.BooleanField(
        _("active"), default=True, help_text=_("An inactive partner gets nothing and keeps its history.")
    )
    in_flight = models.PositiveSmallIntegerField(
        _("calls in flight"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(64)],
        help_text=_("Most deliveries to this partner that one worker has open at a time, 1 to 64."),
    )
    rate = models.PositiveSmallIntegerField(
        _("calls a second"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Most deliveries to this partner that one worker begins in a second. Empty: no limit."),
    )
    tells_why = models.BooleanField(
        _("say why it got a lead"),
        default=False,
        help_text=_(
            "In its portal, with each lead: its own rules on the fields that it may see. Nothing of others."
        ),
    )
    return_days = models.PositiveSmallIntegerField(
        _("days to return a lead"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text=_(
            "So many days after its delivery an accepted lead may be returned in the portal, with a reason. "
            "Empty: never."
        ),
    )
    may = ArrayField(
        models.CharField(max_length=20, choices=May),
        verbose_name=_("its people may"),
        default=list,
        blank=True,
        help_text=_("For partners with a webhook or e-mail. Read-only people see, and do nothing."),
    )
    news_values = models.BooleanField(
        _("name leads in letters"),
        default=False,
        help_text=_(
            "Letters of new leads, for people of this partner who want them, then hold what the portal's "
            "list shows of each, but no sensitive field. Off: how many leads are new, and nothing of them."
        ),
    )
    default_settings = models.ForeignKey(
        "partners.DeliverySettings",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("delivery"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(in_flight__gte=1, in_flight__lte=64), name="partner_in_flight"
            ),
            models.CheckConstraint(
                condition=models.Q(rate=None) | models.Q(rate__gte=1), name="partner_rate"
            ),
            models.CheckConstraint(
                condition=models.Q(return_days=None) | models.Q(return_days__gte=1, return_days__lte=365),
                name="partner_return_days",
            ),
            at_least_one("partner_caps"),
        ]

    def __str__(self) -> str:
        return self.name
