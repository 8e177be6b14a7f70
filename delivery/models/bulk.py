"""One act of an operator over many jobs, and what it passed over."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from delivery.refusal import Refusal
from leadflip.kit.ids import uuid7


class Act(models.TextChoices):
    """What is done with each job."""

    RESEND = "resend", _("Resend")
    TRY_NOW = "try-now", _("Try now")
    CANCEL = "cancel", _("Cancel")
    NOT_RECEIVED = "not-received", _("Not received")
    MOVE = "move", _("Move to another partner")


class BulkState(models.TextChoices):
    """Where it stands. It begins to run as it is made."""

    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")


class BulkAction(models.Model):
    """Does `act` with the jobs of `filter`, from the oldest on, those above `cursor` up to `upto`.

    `filter` is the log's, as its address has it, in the order of its names. `total` are the jobs that it had
    when it was started, counted up to delivery.bulk.MOST + 1; they change their states meanwhile.
    `target`: the partner that a move goes to. `refusals` counts the skipped jobs by reason. `tails`: by lane,
    when its last job is due (ISO 8601).
    """

    # Made with the page that asks, so that what is asked twice is done once.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    act = models.CharField(_("action"), max_length=12, choices=Act)
    filter = models.TextField()
    target = models.ForeignKey(
        "partners.Partner", models.PROTECT, null=True, related_name="+", db_index=False
    )
    # Delivered jobs too, where that was ticked; of a move also those in doubt.
    again = models.BooleanField(default=False)
    cursor = models.UUIDField()
    upto = models.UUIDField()
    total = models.PositiveIntegerField(_("jobs"))
    done = models.PositiveIntegerField(_("done"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    refusals = models.JSONField(default=dict)
    tails = models.JSONField(default=dict)
    state = models.CharField(_("state"), max_length=8, choices=BulkState, default=BulkState.RUNNING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="running", ended_at=None)
                | (~models.Q(state="running") & models.Q(ended_at__isnull=False)),
                name="bulkaction_ended_when_over",
            ),
            models.CheckConstraint(
                condition=models.Q(act="move", target__isnull=False)
                | (~models.Q(act="move") & models.Q(target=None)),
                name="bulkaction_move_has_target",
            ),
            # Two people who ask for the same at once get one pass over it.
            models.UniqueConstraint(
                fields=["act", "filter"],
                condition=models.Q(state="running"),
                name="bulkaction_one_pass",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()}: {self.filter}"


class BulkSkip(models.Model):
    """A job that it did not act on, and why."""

    id = models.BigAutoField(primary_key=True)
    action = models.ForeignKey(BulkAction, models.CASCADE, related_name="skips", db_index=False)
    job = models.ForeignKey("delivery.Job", models.CASCADE, related_name="+", db_index=False)
    refusal = models.CharField(max_length=12, choices=Refusal)

    class Meta:
        # The list of an action, newest job first.
        indexes = [models.Index(fields=["action", "-id"], name="bulkskip_of_action")]

    def __str__(self) -> str:
        return f"{self.action_id} · {self.job_id}"
