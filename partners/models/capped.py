"""The columns of whoever may be capped."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.caps import PERIODS, Caps


class Capped(models.Model):
    """Days begin at midnight in the partner's zone, weeks on Monday, months on the 1st."""

    cap_day = models.PositiveIntegerField(
        _("most leads a day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cap_week = models.PositiveIntegerField(
        _("most leads a week"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cap_month = models.PositiveIntegerField(
        _("most leads a month"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cap_life = models.PositiveIntegerField(
        _("most leads in all"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        abstract = True

    @property
    def caps(self) -> Caps:
        """The four caps."""
        return Caps(self.cap_day, self.cap_week, self.cap_month, self.cap_life)


def at_least_one(name: str) -> models.CheckConstraint:
    """The check that no cap is 0: an inactive partner is the way to get nothing."""
    condition = models.Q()
    for column in (f"cap_{period}" for period in PERIODS):
        condition &= models.Q(**{column: None}) | models.Q(**{f"{column}__gte": 1})
    return models.CheckConstraint(condition=condition, name=name)
