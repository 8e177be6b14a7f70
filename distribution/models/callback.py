"""What a lead source is told of its leads, until it took it."""

from django.db import models
from django.db.models import Q


class Callback(models.Model):
    """A partner's answer to a lead, for the source that sent it; holds no value of the lead.

    `due`: when it is sent next, or sent again where a worker died; None once it was taken or given up.
    `said`: the class of the last error.
    """

    id = models.BigAutoField(primary_key=True)
    api_key = models.ForeignKey(
        "distribution.ApiKey", models.CASCADE, related_name="callbacks", db_index=False
    )
    lead_id = models.UUIDField()
    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", db_index=False)
    review = models.CharField(max_length=10)
    reason = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    due = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due"], condition=Q(due__isnull=False), name="callback_due"),
            models.Index(fields=["api_key", "-id"], name="callback_of_key"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id}: {self.review}"
