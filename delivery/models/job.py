"""The distribution job: one lead to one partner through one channel."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leadflip.kit.ids import uuid7
from partners.models.settings import Kind


class Status(models.TextChoices):
    """`queued` → `sending` → `delivered`, or `retrying` → … → `failed`; `cancelled` by an operator."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    RETRYING = "retrying", _("Retrying")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


WAITING = [Status.QUEUED, Status.RETRYING]
SETTLED = [Status.DELIVERED, Status.FAILED, Status.CANCELLED]


class Job(models.Model):
    """The row is the queue: the engine claims it, sends, and settles it under the claim's token.

    `attempts` counts claims that were charged; the budget began at `budget_from` of them, due first
    at `budget_due`. A claim writes a fresh `claim_token` and `lease_until`; who settles must hold it.
    `recipients` (e-mail) is {address: {"state": "accepted"|"refused"|"deferred"|"bounced", "code": int}}.
    `told`: its end is known to those above: delivered at once, failed or cancelled by `job_settled`.
    The `last_…` columns and `reason` hold our own words only, never an answer's text.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Each index is written again by every change of status: keys that one below begins with have none.
    lead = models.ForeignKey("distribution.Lead", models.PROTECT, related_name="jobs", db_index=False)
    assignment = models.ForeignKey(
        "distribution.Assignment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
        db_index=False,
    )
    profile_version = models.PositiveIntegerField(null=True, blank=True)
    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="jobs", db_index=False)
    settings = models.ForeignKey("partners.DeliverySettings", models.PROTECT, related_name="jobs")
    kind = models.CharField(_("channel"), max_length=10, choices=Kind)
    policy = models.ForeignKey(
        "partners.RetryPolicy", models.PROTECT, null=True, blank=True, related_name="+"
    )
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    test = models.BooleanField(_("test"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    budget_from = models.PositiveIntegerField(default=0)
    budget_due = models.DateTimeField(default=timezone.now)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # The engine that claimed it last. No key to its row, which is gone long before the job.
    engine = models.UUIDField(null=True, blank=True)
    # The day in the partner's zone on which it took a place of the caps; None: it holds none.
    counted_on = models.DateField(null=True, blank=True)
    had_unknown = models.BooleanField(default=False)
    told = models.BooleanField(default=False)
    last_outcome = models.CharField(max_length=13, blank=True)
    last_code = models.PositiveSmallIntegerField(_("code"), null=True, blank=True)
    last_error_class = models.CharField(_("error class"), max_length=20, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    recipients = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # The lead's values are gone, so there is nothing to send.
    erased = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = _("distribution job")
        verbose_name_plural = _("distribution jobs")
        # Try now, resend, cancel, not received: an operator's, who changes nothing else.
        permissions = [("act_job", _("Can act on distribution jobs"))]
        constraints = [
            models.UniqueConstraint(fields=["lead", "assignment"], name="job_once"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="job_status"),
            models.CheckConstraint(
                condition=Q(status__in=WAITING, next_attempt_at__isnull=False)
                | (~Q(status__in=WAITING) & Q(next_attempt_at=None)),
                name="job_waiting_is_due",
            ),
            models.CheckConstraint(
                condition=Q(status="sending", claim_token__isnull=False, lease_until__isnull=False)
                | (~Q(status="sending") & Q(claim_token=None, lease_until=None)),
                name="job_sending_is_leased",
            ),
            models.CheckConstraint(
                condition=Q(status__in=SETTLED, settled_at__isnull=False)
                | (~Q(status__in=SETTLED) & Q(settled_at=None)),
                name="job_settled_at",
            ),
            models.CheckConstraint(condition=Q(test=False) | Q(assignment=None), name="job_test_unassigned"),
        ]
        indexes = [
            # The claim: due rows of one lane after another.
            models.Index(
                fields=["settings", "next_attempt_at"], condition=Q(status__in=WAITING), name="job_due"
            ),
            # The sweep: claims whose lease ran out.
            models.Index(fields=["lease_until"], condition=Q(status="sending"), name="job_leased"),
            # The log: newest first by partner, by every status but that of nearly all, by what went wrong,
            # by the code of a failure, and tests alone.
            models.Index(fields=["partner", "-id"], name="job_partner"),
            # The log of a profile: of its assignments.
            models.Index(fields=["assignment", "-id"], name="job_assignment"),
            # What went wrong at one partner: the log, and the bulk actions that go through it, oldest first.
            models.Index(
                fields=["partner", "-id"],
                condition=Q(status__in=["failed", "cancelled"]),
                name="job_partner_badly",
            ),
            models.Index(
                fields=["status", "-id"],
                condition=Q(status__in=["queued", "sending", "retrying", "failed", "cancelled"]),
                name="job_undelivered",
            ),
            models.Index(
                fields=["last_error_class", "-id"], condition=~Q(last_error_class=""), name="job_error"
            ),
            models.Index(fields=["last_code", "-id"], condition=Q(last_code__gte=300), name="job_code"),
            models.Index(fields=["-id"], condition=Q(test=True), name="job_tests"),
            # What is in doubt, of which there is little among much that failed.
            models.Index(fields=["-id"], condition=Q(status="failed", had_unknown=True), name="job_in_doubt"),
            # The news: what ended badly and was not told.
            models.Index(
                fields=["id"], condition=Q(told=False, status__in=["failed", "cancelled"]), name="job_untold"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def webhook_id(self) -> str:
        """The id that the partner sees on every attempt of this job, resend included."""
        return str(self.id)
