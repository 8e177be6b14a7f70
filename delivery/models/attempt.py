"""One try of a job, and what was sent and answered."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """How one try ended. `unknown`: it was sent, or may have been, and no answer came."""

    DELIVERED = "delivered", _("Delivered")
    TEMPORARY = "temporary", _("Failed for now")
    PERMANENT = "permanent", _("Refused for good")
    CONFIGURATION = "configuration", _("Configuration error")
    UNKNOWN = "unknown", _("Unknown")
    INTERNAL = "internal", _("Internal error")


class Attempt(models.Model):
    """When, how long, and with what result. Holds our own words; the partner's are in the body."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey("delivery.Job", models.PROTECT, related_name="tries")
    number = models.PositiveIntegerField(_("number"))
    # True: it ended after its claim was taken away; the job's state comes from another attempt.
    late = models.BooleanField(_("late"), default=False)
    started_at = models.DateTimeField(_("started"))
    ms = models.PositiveIntegerField(_("milliseconds"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=13, choices=Outcome)
    code = models.PositiveSmallIntegerField(_("code"), null=True, blank=True)
    error_class = models.CharField(_("error class"), max_length=20, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    address = models.CharField(_("address"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [
            # Also finds a job's attempts in order.
            models.UniqueConstraint(fields=["job", "number", "late"], name="attempt_once"),
            models.CheckConstraint(condition=models.Q(outcome__in=Outcome.values), name="attempt_outcome"),
        ]
        indexes = [
            # An hour's attempts, for its sums: rows lie in the order of their time.
            BrinIndex(fields=["started_at"], pages_per_range=16, autosummarize=True, name="attempt_started")
        ]

    def __str__(self) -> str:
        return f"{self.job_id} #{self.number}"


class AttemptBody(models.Model):
    """The exact bytes sent and the answer's text, sealed for "attempt:<job id>:<number>".

    Opened it is {"request": {"method": str, "url": str, "headers": [name, …], "body": str},
    "response": {"headers": {…}, "text": str}}; header values of ours are not in it.
    """

    attempt = models.OneToOneField(Attempt, models.CASCADE, primary_key=True, related_name="body")
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("attempt body")
        verbose_name_plural = _("attempt bodies")

    def __str__(self) -> str:
        return str(self.attempt_id)
