"""What partners themselves take at most, below the admin's caps."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.caps import Caps, Own


class OwnCap(models.Model):
    """Of all leads of a partner, or of one `assignment`'s. Where the admin's is lower, that one holds.

    It holds while the partner may lower its caps (`May.CAPS`), and counts in the same `CapUse` row.
    """

    partner = models.ForeignKey(
        "partners.Partner", models.CASCADE, related_name="own_caps", verbose_name=_("partner")
    )
    assignment = models.OneToOneField(
        "distribution.Assignment",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="own_cap",
        verbose_name=_("partner in this profile"),
    )
    day = models.PositiveIntegerField(
        _("most leads a day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    week = models.PositiveIntegerField(
        _("most leads a week"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    month = models.PositiveIntegerField(
        _("most leads a month"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    none_until = models.DateTimeField(_("none until"), null=True, blank=True)

    class Meta:
        verbose_name = _("own cap")
        verbose_name_plural = _("own caps")
        constraints = [
            models.UniqueConstraint(
                fields=["partner"], condition=models.Q(assignment=None), name="own_cap_of_all_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.assignment or self.partner)

    @property
    def own(self) -> Own:
        """As routing reads it."""
        return Own(Caps(self.day, self.week, self.month), self.none_until)
