"""Another webhook address that a partner's own people asked for."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AddressChange(models.Model):
    """The last one of a delivery-settings row; the next replaces it.

    `before` is the address that it was to replace: where another one is in force by now, it is not approved.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for approval")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        AT_ONCE = "at_once", _("Changed without approval")

    settings = models.OneToOneField(
        "partners.DeliverySettings", models.CASCADE, related_name="address_change"
    )
    url = models.CharField(max_length=2048)
    before = models.CharField(max_length=2048)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=500, blank=True)
    asked_by = models.ForeignKey("partners.User", models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("change of address")
        verbose_name_plural = _("changes of address")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="refused") ^ models.Q(reason=""), name="address_refused_for_a_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.url}"
