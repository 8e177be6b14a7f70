"""The decision record: why a lead went where it went."""

from django.db import models
from django.utils import timezone


class Decision(models.Model):
    """One lead through one profile's version; written with the jobs, never changed.

    `verdicts` has an item for each assignment of that version, in its order:
    [assignment id, "chosen"] or [assignment id, gate, detail]. `facts` holds the values met.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey("distribution.Lead", models.PROTECT, related_name="decisions")
    profile = models.ForeignKey("distribution.Profile", models.PROTECT, related_name="decisions")
    seq = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField()
    revision = models.PositiveBigIntegerField()
    verdicts = models.JSONField()
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "profile", "seq"], name="decision_once")]

    def __str__(self) -> str:
        return f"{self.lead_id} · {self.profile_id}"
