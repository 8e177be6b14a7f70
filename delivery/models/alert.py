"""What people should know of, from when to when."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Alert(models.Model):
    """One open record a kind and key. What shares a key is one matter, and is acknowledged as one.

    An event is closed as it begins. `name`: what it is about, and `text`: how it stands, in words; both
    are "" for a lane, of which `delivery.alerts.matter` tells what is so now.
    """

    class Kind(models.TextChoices):
        OPENED = "lane_open", _("Slowed")
        OPEN_HOUR = "lane_open_hour", _("Slowed for an hour")
        OPEN_DAY = "lane_open_day", _("Slowed for a day")
        RECOVERED = "recovered", _("Delivers again")
        BOUNCED = "bounced", _("A letter came back")
        # None of these begins with “lane”: what does is a lane's health.
        SMTP_UNSET = "smtp_unset", _("No mail server is set")
        BACKLOG = "backlog", _("Backlog growing")
        CAP = "cap", _("Cap reached")
        SILENT = "silent", _("Nothing arrives")
        UNROUTED = "unrouted", _("Leads without a partner")
        STUCK = "stuck", _("Leads cannot be routed")
        KEY_DUE = "key_due", _("Due for rotation")

    LANE, SMTP = "lane:", "smtp"

    kind = models.CharField(_("kind"), max_length=20)
    key = models.CharField(_("key"), max_length=40)
    name = models.CharField(_("name"), max_length=200, blank=True, db_default="")
    text = models.CharField(_("text"), max_length=500, blank=True)
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    # The webhook of whoever operates: when it took the alert, when it is tried next (empty: at once).
    posted_at = models.DateTimeField(_("posted"), null=True, blank=True)
    post_due = models.DateTimeField(null=True, blank=True)
    post_tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # Nobody is told of it any more; it stays open until it is over.
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        "partners.User", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        # Says that somebody looks after it, and changes nothing else.
        permissions = [("act_alert", _("Can acknowledge alerts"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(closed_at=None), name="alert_open_once"
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_by=None) | Q(acknowledged_at__isnull=False),
                name="alert_acknowledged_at",
            ),
        ]
        indexes = [
            # Whether a matter was told of within the last hour.
            models.Index(fields=["key", "-opened_at"], name="alert_recent"),
            # What is to be mailed.
            models.Index(fields=["opened_at"], condition=Q(sent_at=None), name="alert_unsent"),
            # What is to be posted.
            models.Index(fields=["opened_at"], condition=Q(posted_at=None), name="alert_unposted"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.name or self.key}"

    @property
    def label(self) -> str:
        """Its kind in words."""
        return str(self.Kind(self.kind).label)

    @classmethod
    def key_of(cls, settings_id: int | None) -> str:
        """The key of a settings row's lane; of the SMTP account's where there is no row."""
        return f"{cls.LANE}{settings_id}" if settings_id else cls.SMTP

    @property
    def settings_id(self) -> int | None:
        """The settings row whose lane it is about; None for all else."""
        return int(self.key.removeprefix(self.LANE)) if self.key.startswith(self.LANE) else None


class AlertChoice(models.Model):
    """Whether somebody is mailed of a topic (`delivery.alerts.topics`). No row: as their role has it."""

    user = models.ForeignKey("partners.User", models.CASCADE, related_name="+", db_index=False)
    topic = models.CharField(max_length=20)
    wanted = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="alertchoice_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.topic}"
