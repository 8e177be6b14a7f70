"""What was tried in each hour and lane: so that no page and no alert counts attempts."""

from django.db import models

from delivery.models.attempt import Outcome

OUTCOMES = tuple(Outcome.values)


class Hourly(models.Model):
    """One lane's attempts that began in one hour (UTC), without tests and late ones.

    `times` is {slot: attempts} of `leadflip.kit.histogram`; `p95` in milliseconds, exact, None where no
    attempt told how long it took. The newest hours are counted anew while they change, never added to.
    """

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField()
    settings = models.ForeignKey(
        "partners.DeliverySettings", models.CASCADE, related_name="hours", db_index=False
    )
    delivered = models.PositiveIntegerField(default=0)
    temporary = models.PositiveIntegerField(default=0)
    permanent = models.PositiveIntegerField(default=0)
    configuration = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    internal = models.PositiveIntegerField(default=0)
    times = models.JSONField(default=dict)
    p95 = models.PositiveIntegerField(null=True)

    class Meta:
        # Also finds a lane's last hours.
        constraints = [models.UniqueConstraint(fields=["settings", "hour"], name="hourly_once")]
        # All lanes of some hours, and the slowest of them.
        indexes = [models.Index(fields=["hour", "-p95"], name="hourly_slowest")]

    def __str__(self) -> str:
        return f"{self.settings_id} {self.hour:%Y-%m-%d %H}"

    @property
    def tries(self) -> int:
        """All its attempts."""
        return sum(getattr(self, outcome) for outcome in OUTCOMES)


class Counted(models.Model):
    """How far attempts were counted into hours: the one row.

    `mark`: no attempt up to this id is missing in them. `top`: the newest id at the last run, at `top_at`;
    what was being written then may have had a lower one. `rest_until`: no run begins before.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mark = models.BigIntegerField(default=0)
    top = models.BigIntegerField(default=0)
    top_at = models.DateTimeField(null=True)
    rest_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="counted_one_row")]

    def __str__(self) -> str:
        return str(self.mark)
