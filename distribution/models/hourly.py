"""What came in in each hour: so that no page and no alert counts leads."""

from django.db import models


class HourlyLeads(models.Model):
    """The leads of one hour (UTC), entity and source, without tests.

    `unrouted`: those of them that no partner matched when the hour was counted last, which is within the
    two hours after it began. The newest two hours are counted anew, never added to.
    """

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField()
    entity = models.ForeignKey("distribution.Entity", models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=100, blank=True)
    leads = models.PositiveIntegerField()
    unrouted = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "entity", "source"], name="hourly_leads_once")]
        # One source's hours: whether it sends as it usually does.
        indexes = [models.Index(fields=["source", "-hour"], name="hourly_source")]

    def __str__(self) -> str:
        return f"{self.source} {self.hour:%Y-%m-%d %H}"
