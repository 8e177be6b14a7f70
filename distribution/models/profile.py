"""Distribution profiles: which partners an entity's leads go to, and the versions they were saved as."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partners.models.capped import Capped, at_least_one


class Strategy(models.TextChoices):
    """How a profile picks among its eligible assignments."""

    FIRST_MATCH = "first_match", _("First match (waterfall)")
    SEND_TO_ALL = "send_to_all", _("Send to all")
    ROUND_ROBIN = "round_robin", _("Round robin (weighted)")


class Profile(models.Model):
    """One way of distributing an entity's leads. All enabled profiles run, each on its own."""

    entity = models.ForeignKey(
        "distribution.Entity", models.PROTECT, related_name="profiles", verbose_name=_("entity")
    )
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    strategy = models.CharField(_("strategy"), max_length=12, choices=Strategy, default=Strategy.FIRST_MATCH)
    base_price = models.DecimalField(
        _("base price"),
        max_digits=12,
        decimal_places=4,
        default=Decimal(0),
        validators=[MinValueValidator(0)],
        help_text=_("Price of a job in the entity's currency, unless its assignment has its own."),
    )
    rules = models.JSONField(_("rules"), default=list, blank=True)
    sold_limit = models.PositiveSmallIntegerField(
        _("most partners a lead"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("For Send to all: the best-ranked so many. Empty: every eligible one."),
    )
    failover = models.BooleanField(
        _("failover"),
        default=False,
        help_text=_(
            "A lead that could not be delivered goes to the next best partner; never while the first may "
            "have it, never twice to one."
        ),
    )
    policy = models.ForeignKey(
        "partners.RetryPolicy",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("retry policy"),
    )
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("distribution profile")
        verbose_name_plural = _("distribution profiles")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(base_price__gte=0), name="profile_price"),
            models.CheckConstraint(
                condition=models.Q(sold_limit=None) | models.Q(sold_limit__gte=1), name="profile_sold_limit"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Closed(models.TextChoices):
    """What becomes of a lead that comes while an assignment is closed."""

    SKIP = "skip", _("Skip it")
    HOLD = "hold", _("Hold its leads until it opens")


class Assignment(Capped):
    """A partner in a profile. Its own delivery settings, if set, go before the partner's default."""

    profile = models.ForeignKey(
        Profile, models.CASCADE, related_name="assignments", verbose_name=_("profile")
    )
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, related_name="assignments", verbose_name=_("partner")
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    priority = models.IntegerField(
        _("priority"), default=0, help_text=_("Higher is preferred; ties go to the older.")
    )
    rules = models.JSONField(_("rules"), default=list, blank=True)
    price = models.DecimalField(
        _("price"),
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Empty: the profile's base price."),
    )
    weight = models.PositiveIntegerField(
        _("weight"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("For Round robin: a partner with weight 3 gets three leads for each one of weight 1."),
    )
    hours = models.JSONField(_("open hours"), default=dict, blank=True)
    closed = models.CharField(_("while closed"), max_length=4, choices=Closed, default=Closed.SKIP)
    pacing = models.BooleanField(
        _("pacing"),
        default=False,
        help_text=_("Spread this assignment's caps evenly over the day, week and month, within open hours."),
    )
    settings = models.ForeignKey(
        "partners.DeliverySettings",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name=_("delivery"),
        help_text=_("Empty: the partner's own."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("partner in this profile")
        verbose_name_plural = _("partners in this profile")
        ordering = ["-priority", "created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price=None) | models.Q(price__gte=0), name="assignment_price"
            ),
            models.CheckConstraint(
                condition=models.Q(weight__gte=1, weight__lte=1000), name="assignment_weight"
            ),
            at_least_one("assignment_caps"),
        ]

    def __str__(self) -> str:
        return f"{self.partner} · {self.profile}"


class ProfileVersion(models.Model):
    """What a profile was when it was saved: all that routing reads of it. Never changed."""

    profile = models.ForeignKey(Profile, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    saved_by = models.ForeignKey("partners.User", models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "number"], name="version_once")]

    def __str__(self) -> str:
        return f"{self.profile_id} v{self.number}"
