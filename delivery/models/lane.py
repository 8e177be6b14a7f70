"""The health of lanes, shared by all engines."""

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from delivery.models.job import WAITING, Job
from partners.models.settings import Kind


class Lane(models.Model):
    """One settings row's breaker and pause, or the SMTP account's for all e-mail.

    No row: it delivers, and nothing failed lately. While it is paused its jobs wait: routing goes on, waiting
    costs them no attempt, and they do not grow too old.
    """

    class State(models.TextChoices):
        CLOSED = "closed", _("Delivering")
        OPEN = "open", _("Slowed")
        PROBING = "probing", _("Being tried")
        RAMP = "ramp", _("Recovering")

    settings = models.OneToOneField(
        "partners.DeliverySettings", models.CASCADE, null=True, blank=True, related_name="lane"
    )
    # 1 for all e-mail, also where the account stands in the environment and has no row.
    smtp = models.OneToOneField(
        "delivery.SmtpAccount", models.CASCADE, null=True, blank=True, related_name="+", db_constraint=False
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.CLOSED)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    opens = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(_("next probe"), null=True, blank=True)
    ramp = models.PositiveSmallIntegerField(default=0)
    paused_at = models.DateTimeField(_("paused since"), null=True, blank=True)
    paused_by = models.ForeignKey("partners.User", models.SET_NULL, null=True, blank=True, related_name="+")
    # The end of its last pause: waiting jobs' age behind an outage counts from then on.
    resumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("lane")
        verbose_name_plural = _("lanes")
        # Pause, resume, try now: an operator's, who changes nothing else.
        permissions = [("act_lane", _("Can pause and resume destinations"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(settings=None, smtp__isnull=False) | Q(settings__isnull=False, smtp=None),
                name="lane_of_one",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["open", "probing"]) | Q(open_until__isnull=False),
                name="lane_open_until",
            ),
            models.CheckConstraint(
                condition=Q(paused_by=None) | Q(paused_at__isnull=False), name="lane_paused_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.settings_id or 'smtp'} {self.state}"

    # Left alone: paused by somebody, or slowed by its own failures.
    ALONE = Q(paused_at__isnull=False) | Q(state__in=[State.OPEN, State.PROBING])

    @property
    def waiting(self) -> QuerySet[Job]:
        """The jobs that wait for it."""
        own = Q(settings=self.settings_id) if self.settings_id else Q(kind=Kind.EMAIL)
        return Job.objects.filter(own, status__in=WAITING)

    @property
    def last_error(self) -> str:
        """What a waiting job met that failed last, in our own words; "" where none failed."""
        failed = self.waiting.exclude(last_error="").order_by("-next_attempt_at")
        return failed.values_list("last_error", flat=True).first() or ""
