"""The decision record: why a lead went where it went."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from distribution.models.verdicts import VerdictsField


class Cause(models.TextChoices):
    """Why a decision was made."""

    NEW = "new", _("New lead")
    FAILOVER = "failover", _("Failover")
    AGAIN = "again", _("Routed again")
    MOVED = "moved", _("Moved")


class Decision(models.Model):
    """One lead through one profile's version; written with the jobs, never changed.

    `verdicts` has an item for each assignment of that version, in its order: [code] or [code, detail],
    see distribution.routing.decide.Decided. `facts` holds the values met.
    """

    id = models.BigAutoField(primary_key=True)
    lead = models.ForeignKey("distribution.Lead", models.PROTECT, related_name="decisions")
    profile = models.ForeignKey("distribution.Profile", models.PROTECT, related_name="decisions")
    seq = models.PositiveSmallIntegerField(default=1)
    cause = models.CharField(max_length=10, choices=Cause, default=Cause.NEW)
    version = models.PositiveIntegerField()
    revision = models.PositiveBigIntegerField()
    verdicts = VerdictsField()
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "profile", "seq"], name="decision_once")]

    def __str__(self) -> str:
        return f"{self.lead_id} · {self.profile_id}"


class CapUse(models.Model):
    """How many places of a capped partner or assignment are taken: one row an owner.

    A job holds a place from its making until it fails or is cancelled (`Job.counted_on`). The three
    numbers of a period count for the period that begins on the date beside them; a later one begins at
    0. Who was never capped has no row, and one that is kept counts on when its caps are gone.
    """

    id = models.BigAutoField(primary_key=True)
    partner = models.OneToOneField("partners.Partner", models.CASCADE, null=True, related_name="cap_use")
    assignment = models.OneToOneField(
        "distribution.Assignment", models.CASCADE, null=True, related_name="cap_use"
    )
    day = models.DateField()
    week = models.DateField()
    month = models.DateField()
    day_used = models.PositiveIntegerField(default=0)
    week_used = models.PositiveIntegerField(default=0)
    month_used = models.PositiveIntegerField(default=0)
    life_used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(partner=None) ^ models.Q(assignment=None), name="capuse_one_owner"
            )
        ]

    def __str__(self) -> str:
        return f"partner {self.partner_id}" if self.partner_id else f"assignment {self.assignment_id}"


class Turn(models.Model):
    """Whose turn it is in a profile of Round robin: {assignment id: credit}."""

    profile = models.OneToOneField("distribution.Profile", models.CASCADE, primary_key=True)
    state = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.profile_id)
