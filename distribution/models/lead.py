"""The lead: one record of an entity."""

from uuid import UUID

from django.db import models
from django.db.models import Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadflip.kit import crypto
from leadflip.kit.ids import uuid7


class Routing(models.TextChoices):
    """Where a lead's routing stands. One whose routing failed waits, with `routing_error`.

    Not routed are leads whose sender did not want it, and those made up for a test.
    """

    WAITING = "waiting", _("Waiting to be routed")
    ROUTED = "routed", _("Routed")
    UNMATCHED = "unmatched", _("No partner")
    NONE = "none", _("Not routed")


# The status of a lead that names none.
NEW = "New"


def owner_of(lead_id: UUID | str) -> str:
    """The name under which a lead's encrypted values are sealed."""
    return f"lead:{lead_id}"


def seal_of(lead_id: UUID, values: dict[str, object], raw: dict[str, str]) -> tuple[bytes | None, str]:
    """The encrypted fields' values and raw forms under one seal, and its key's name; None without any."""
    if not (values or raw):
        return None, ""
    return crypto.seal(owner_of(lead_id), {"values": values, "raw": raw}), crypto.key_name()


class Lead(models.Model):
    """Field values by key: the open ones in `values`, the encrypted ones sealed together in `sealed`.

    `raw` keeps what was typed where it differs from the normal form; of an encrypted field that
    stands inside the seal: {"values": {key: value}, "raw": {key: str}}.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entity = models.ForeignKey(
        "distribution.Entity", models.PROTECT, related_name="leads", verbose_name=_("entity")
    )
    values = models.JSONField(default=dict)
    raw = models.JSONField(default=dict, blank=True)
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    # kit.crypto.key_name() of the key that sealed: what a rotation has to find.
    sealed_key = models.CharField(max_length=8, blank=True, editable=False)
    source = models.CharField(_("source"), max_length=100, blank=True)
    api_key = models.ForeignKey(
        "distribution.ApiKey", models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    status = models.CharField(_("status"), max_length=100, default=NEW)
    note = models.TextField(_("note"), blank=True)
    # What the person agreed to: {"text": …, "at": ISO 8601, "ip": …, "url": …}, each where it was sent.
    consent = models.JSONField(
        _("consent"), default=dict, db_default=Value({}, models.JSONField()), blank=True
    )
    # How its match keys were made: see distribution.intake.digests.
    keyed_as = models.CharField(max_length=16, blank=True, default="", db_default="", editable=False)
    # Made up for a test of somebody's delivery settings, or sent as one: goes to nobody, and in no figure.
    test = models.BooleanField(_("test"), default=False, db_default=False, editable=False)
    routing = models.CharField(_("routing"), max_length=10, choices=Routing, default=Routing.WAITING)
    routing_due = models.DateTimeField(null=True, blank=True)
    routing_tries = models.PositiveSmallIntegerField(default=0)
    routing_error = models.CharField(_("routing error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    # Since when its values are gone: by an erasure, or because they were old.
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        permissions = [("reveal_lead", "Can show encrypted values of a lead")]
        constraints = [
            models.CheckConstraint(
                condition=Q(routing="waiting", routing_due__isnull=False)
                | (~Q(routing="waiting") & Q(routing_due=None)),
                name="lead_waiting_is_due",
            )
        ]
        indexes = [
            # The drain of leads that wait for routing.
            models.Index(fields=["routing_due"], condition=Q(routing="waiting"), name="lead_waiting"),
            # The list's filter by routing, for all but the routed ones, which are nearly all.
            models.Index(
                fields=["routing", "-id"],
                condition=Q(routing__in=["waiting", "unmatched", "none"]),
                name="lead_unrouted",
            ),
            # Tests, which have no digests by which a person is found.
            models.Index(fields=["-id"], condition=Q(test=True), name="lead_tests"),
            # The retention: the oldest whose values are there.
            models.Index(fields=["id"], condition=Q(erased_at=None), name="lead_kept"),
            # The list of one entity, newest first.
            models.Index(fields=["entity", "-id"], name="lead_entity"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def owner(self) -> str:
        """The name under which this lead's encrypted values are sealed."""
        return owner_of(self.id)

    def put_sealed(self, values: dict[str, object], raw: dict[str, str]) -> None:
        """Seals the encrypted fields' values and raw forms into the row (not saved yet)."""
        self.sealed, self.sealed_key = seal_of(self.id, values, raw)


class LeadKey(models.Model):
    """A value by which a lead is known again, as a keyed digest: match keys, e-mails and phones."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="keys")
    field = models.ForeignKey("distribution.Field", models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=16)

    class Meta:
        # Serves the search for duplicates, newest lead last.
        constraints = [models.UniqueConstraint(fields=["field", "digest", "lead"], name="leadkey_once")]

    def __str__(self) -> str:
        return f"{self.lead_id} · {self.field_id}"


class Repeat(models.Model):
    """A lead that came once more and was not created: what came of it stands in the lead's story."""

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="repeats")
    at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=100)
    api_key = models.ForeignKey(
        "distribution.ApiKey", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    action = models.CharField(max_length=6, choices=[("skip", _("Skipped")), ("update", _("Updated"))])

    def __str__(self) -> str:
        return f"{self.lead_id} · {self.action}"
