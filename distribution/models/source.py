"""Who may post leads: API keys, and the answers kept for repeated requests."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from distribution.models.entity import OnDuplicate
from leadflip.kit import crypto
from partners.outgoing.urls import LONGEST


class ApiKey(models.Model):
    """A lead source's key. Shown once when made; only its fingerprint is stored."""

    name = models.CharField(_("name"), max_length=100)
    source = models.CharField(
        _("source"),
        max_length=100,
        blank=True,
        help_text=_("Stands on its leads unless they name their own."),
    )
    prefix = models.CharField(_("prefix"), max_length=16, editable=False)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    entities = models.ManyToManyField(
        "distribution.Entity",
        blank=True,
        related_name="api_keys",
        verbose_name=_("entities"),
        help_text=_("None chosen: every entity."),
    )
    duplicates = models.CharField(
        _("duplicates"),
        max_length=6,
        choices=OnDuplicate,
        blank=True,
        help_text=_("What becomes of its leads that there are already. Empty: as the entity says."),
    )
    audit = models.BooleanField(
        _("audit"),
        default=False,
        help_text=_("May read which partners its leads went to, why, and at what price."),
    )
    rate = models.PositiveIntegerField(
        _("rate"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Most requests a minute. Empty: no limit."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_used = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    callback_url = models.CharField(
        _("call-back URL"),
        max_length=LONGEST,
        blank=True,
        help_text=_("Hears of each answer that a partner gives to its leads in the portal, signed."),
    )
    # What signs call-backs.
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    # The revision at which `distribution.keys` read it.
    read_at = 0

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def owner(self) -> str:
        """The name under which its secret is sealed."""
        return f"apikey:{self.pk}"

    def callback_secrets(self) -> list[dict[str, Any]]:
        """See partners.outgoing.secrets. Raises kit.crypto.SealError."""
        return list(crypto.unseal(self.owner, self.sealed)["signing"]) if self.sealed else []

    def put_callback_secret(self, secret: str | None) -> None:
        """Seals the one that signs from now on into the row, which is not saved yet; None: none."""
        signing = {"signing": [{"secret": secret, "until": None}]}
        self.sealed = crypto.seal(self.owner, signing) if secret else None

    @cached_property
    def entity_ids(self) -> frozenset[int]:
        """The entities that it may post to; none: all."""
        return frozenset(self.entities.values_list("pk", flat=True))


class Idempotency(models.Model):
    """The answer to a request that carried an Idempotency-Key, kept for 24 hours.

    Without a key it is a page's that was sent.
    """

    id = models.BigAutoField(primary_key=True)
    api_key = models.ForeignKey(ApiKey, models.CASCADE, null=True, related_name="+")
    token = models.CharField(max_length=255)
    body_digest = models.BinaryField(max_length=32)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api_key", "token"], nulls_distinct=False, name="idempotency_once"
            )
        ]
        indexes = [
            models.Index(fields=["created_at"], name="idempotency_age")
        ]  # what is older than a day goes

    def __str__(self) -> str:
        return self.token
