"""Letters that came back: where they are read, and each of them as it came."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from delivery.models.password import KeptPassword
from leadflip.kit import crypto


class BounceBox(KeptPassword):
    """The one row of both inlets: an IMAP mailbox ("" as host: none), and the key of the HTTP address.

    `reading_until`: whoever reads the mailbox holds it until then. `error` is the server's own words.
    """

    class Security(models.TextChoices):
        TLS = "tls", _("TLS from the start (port 993)")
        STARTTLS = "starttls", _("STARTTLS, required (port 143)")

    OWNER = "bounces:1"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    host = models.CharField(_("host"), max_length=255, blank=True)
    port = models.PositiveIntegerField(
        _("port"), default=993, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_("security"), max_length=8, choices=Security, default=Security.TLS)
    user = models.CharField(_("user"), max_length=255, blank=True)
    folder = models.CharField(_("folder"), max_length=100, default="INBOX")
    processed = models.CharField(
        _("folder for what was read"),
        max_length=100,
        default="Processed",
        help_text=_("Mails are moved there, never deleted. On some servers: INBOX.Processed."),
    )
    read_at = models.DateTimeField(_("last read"), null=True, blank=True, editable=False)
    read_count = models.PositiveIntegerField(default=0, editable=False)
    error = models.CharField(_("last error"), max_length=500, blank=True, editable=False)
    error_at = models.DateTimeField(null=True, blank=True, editable=False)
    reading_until = models.DateTimeField(null=True, blank=True, editable=False)
    inlet_digest = models.BinaryField(null=True, blank=True, editable=False)
    inlet_prefix = models.CharField(max_length=12, blank=True, editable=False)
    inlet_made_at = models.DateTimeField(null=True, blank=True, editable=False)
    inlet_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("bounce settings")
        verbose_name_plural = _("bounces")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="bounce_box_one_row")]

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"

    @classmethod
    def current(cls) -> "BounceBox":
        """The row, made where there is none."""
        return cls.objects.get_or_create(pk=1)[0]


class Inlet(models.TextChoices):
    """The way in."""

    IMAP = "imap", _("Mailbox")
    HTTP = "http", _("HTTP address")


class MailKind(models.TextChoices):
    """What a mail is."""

    FAILED = "failed", _("Bounce")
    DELAYED = "delayed", _("Delay note")
    AUTO = "auto", _("Automatic answer")
    OTHER = "other", _("Other mail")
    UNREADABLE = "unreadable", _("Not readable")


class Effect(models.TextChoices):
    """What became of it."""

    JOB_FAILED = "job_failed", _("Job failed")
    RECIPIENT = "recipient", _("One recipient struck off")
    NOTED = "noted", _("Kept with its job")
    REPEATED = "repeated", _("Known already")
    WAITING = "waiting", _("Waits for the attempt’s end")
    UNMATCHED = "unmatched", _("Belongs to no job")
    FORGED = "forged", _("Signature wrong or too old")


class BounceMail(models.Model):
    """One mail that came in by either inlet, kept as it was, up to 1 MiB.

    `words` are ours. `sealed` is the raw mail; `sealed_head` {"from", "subject", "text"}, where "text" is
    the bounce's own reason.
    """

    received_at = models.DateTimeField(_("received"))
    inlet = models.CharField(_("way in"), max_length=4, choices=Inlet)
    kind = models.CharField(_("kind"), max_length=10, choices=MailKind)
    effect = models.CharField(_("what became of it"), max_length=10, choices=Effect)
    job = models.ForeignKey("delivery.Job", models.PROTECT, null=True, blank=True, related_name="bounces")
    words = models.CharField(_("in short"), max_length=500, blank=True)
    size = models.PositiveIntegerField(_("size"))
    digest = models.BinaryField()
    sealed_head = models.BinaryField()
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("returned mail")
        verbose_name_plural = _("returned mails")
        constraints = [
            # The same mail twice is one row.
            models.UniqueConstraint(fields=["digest"], name="bounce_once"),
            models.CheckConstraint(condition=models.Q(kind__in=MailKind.values), name="bounce_kind"),
            models.CheckConstraint(condition=models.Q(effect__in=Effect.values), name="bounce_effect"),
        ]
        indexes = [
            # What waits for an attempt's end.
            models.Index(fields=["id"], condition=models.Q(effect="waiting"), name="bounce_waiting"),
            # The list by what became of it; the retention goes by time.
            models.Index(fields=["effect", "-id"], name="bounce_effects"),
            models.Index(fields=["received_at"], name="bounce_received"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def owner(self) -> str:
        """The name inside both seals: known before there is an id."""
        return f"bounce:{bytes(self.digest).hex()}"

    def put(self, raw: bytes, head: dict[str, str]) -> None:
        """Seals the mail and what is shown of it into the row, which has its digest."""
        self.sealed = crypto.seal_bytes(self.owner, raw)
        self.sealed_head = crypto.seal(self.owner, head)

    def raw(self) -> bytes:
        """The mail as it came. Raises SealError."""
        return crypto.open_bytes(self.owner, self.sealed)

    def head(self) -> dict[str, Any]:
        """Who wrote, about what, and the bounce's own reason. Raises SealError."""
        head: dict[str, Any] = crypto.unseal(self.owner, self.sealed_head)
        return head
