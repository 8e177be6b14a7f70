"""How a partner is reached: one row a kind used, and the retry policies that rows may name."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadflip.kit import crypto


class Kind(models.TextChoices):
    """The delivery methods; `partners.kinds.KINDS` has a class for each."""

    EMAIL = "email", _("Email")
    WEBHOOK = "webhook", _("Webhook")
    PORTAL = "portal", _("Portal")


class RetryPolicy(models.Model):
    """Waits before each attempt after the first, in seconds, and the time-out of one attempt."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    waits = ArrayField(
        models.PositiveIntegerField(validators=[MaxValueValidator(7 * 24 * 3600)]),
        verbose_name=_("waits"),
        size=20,
        blank=True,
        default=list,
        help_text=_("Seconds before the second, third … attempt, such as 5, 30, 120. Empty: one attempt."),
    )
    timeout = models.PositiveSmallIntegerField(
        _("time-out"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("Seconds that a webhook's answer may take, 1 to 30."),
    )

    class Meta:
        verbose_name = _("retry policy")
        verbose_name_plural = _("retry policies")
        constraints = [
            models.CheckConstraint(condition=models.Q(timeout__gte=1, timeout__lte=30), name="policy_timeout")
        ]

    def __str__(self) -> str:
        return self.name


class DeliverySettings(models.Model):
    """One partner's e-mail, webhook or portal: the lane of the engine.

    `config` is the kind's connection (see `partners.kinds`), its secrets stand in `sealed`.
    `per_entity` maps an entity's id (a string) to {"ticks": [field key or address.sub-field, …],
    "known": [field key, …], and the texts that the kind has: "subject" and "body", or "shape"}; with
    `everything` the ticks are not read. `known`: the fields that were there to be ticked, so that later ones
    can be told.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, related_name="delivery_settings", verbose_name=_("partner")
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    kind = models.CharField(_("delivery method"), max_length=10, choices=Kind)
    config = models.JSONField(default=dict, blank=True)
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    policy = models.ForeignKey(
        RetryPolicy, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("retry policy")
    )
    everything = models.BooleanField(_("send everything"), default=True)
    per_entity = models.JSONField(default=dict, blank=True)
    # "": the partner's own; else what the row was made for alone, such as "assignment:12".
    scope = models.CharField(max_length=40, blank=True, editable=False)
    host = models.CharField(max_length=255, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["DeliverySettings"]] = models.Manager()

    class Meta:
        verbose_name = _("delivery settings")
        verbose_name_plural = _("delivery settings")
        ordering = ["partner_id", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="settings_kind"),
            # Switching the delivery method finds the row of that method again.
            models.UniqueConstraint(fields=["partner", "kind", "scope"], name="settings_once"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_kind_display())

    @property
    def owner(self) -> str:
        """The name under which this row's secrets are sealed."""
        return f"settings:{self.pk}"

    def secrets(self) -> dict[str, Any]:
        """The opened secrets, {} if there are none. Raises kit.crypto.SealError."""
        return crypto.unseal(self.owner, self.sealed) if self.sealed else {}

    def put_secrets(self, secrets: dict[str, Any]) -> None:
        """Seals `secrets` into the row (not saved yet); the row must have its id."""
        self.sealed = crypto.seal(self.owner, secrets) if secrets else None
