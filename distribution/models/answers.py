"""What partners answered each day: so that no page counts entries."""

from django.db import models


class AnswerDay(models.Model):
    """Leads of a partner and profile whose answer in force was given on that day (UTC).

    Added to and taken from in the answer's own transaction; a lead stands in one row at most.
    """

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey("partners.Partner", models.CASCADE, related_name="+", db_index=False)
    profile = models.ForeignKey("distribution.Profile", models.CASCADE, related_name="+")
    day = models.DateField()
    review = models.CharField(max_length=10)
    reason = models.CharField(max_length=40, blank=True)
    leads = models.PositiveIntegerField()

    class Meta:
        # Also finds a partner's last days.
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "day", "profile", "review", "reason"], name="answer_day_once"
            )
        ]
        # All partners' last days.
        indexes = [models.Index(fields=["day"], name="answer_day")]

    def __str__(self) -> str:
        return f"{self.review} {self.day:%Y-%m-%d}"
