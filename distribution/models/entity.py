"""The entity, a user-defined kind of lead, and its ordered fields."""

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class FieldType(models.TextChoices):
    """The field types; `distribution.fields.TYPES` has a class for each."""

    TEXT = "text", _("Text")
    TEXTAREA = "textarea", _("Long text")
    NUMBER = "number", _("Number")
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    DATE = "date", _("Date")
    DATETIME = "datetime", _("Date and time")
    SELECT = "select", _("Select")
    MULTI_SELECT = "multi_select", _("Multi-select")
    CHECKBOX = "checkbox", _("Checkbox")
    URL = "url", _("URL")
    ADDRESS = "address", _("Address")


class Way(models.TextChoices):
    """The ways on which leads come in."""

    API = "api", _("API")
    FORM = "form", _("Hosted form")
    IMPORT = "import", _("CSV import")
    MANUAL = "manual", _("Typed in")


class OnDuplicate(models.TextChoices):
    """What becomes of a lead that there is already."""

    SKIP = "skip", _("Skip it")
    UPDATE = "update", _("Update the lead that is there")
    CREATE = "create", _("Create it anyway")


class Entity(models.Model):
    """A kind of lead, such as "Solar lead"."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Write three capital letters, such as EUR."))],
    )
    display_field = models.CharField(
        _("display field"),
        max_length=63,
        blank=True,
        help_text=_("Key of the field that names a lead in lists, such as last_name."),
    )
    # ISO 3166 code for phone numbers written without a country.
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Write two capital letters, such as DE."))],
        help_text=_("Two letters, such as DE: the country of phone numbers written without a country code."),
    )

    # What to do with duplicates, by way; a way that is not named skips them.
    duplicates = models.JSONField(_("duplicates"), default=dict, blank=True)
    duplicate_days = models.PositiveSmallIntegerField(
        _("duplicates within"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Days: only leads that young count as the same. Empty: all leads."),
    )
    # How the match keys of its leads were last made, all of them: see distribution.intake.digests.
    keyed_as = models.CharField(max_length=16, blank=True, editable=False)

    class Meta:
        verbose_name = _("entity")
        verbose_name_plural = _("entities")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Field(models.Model):
    """One field of an entity. Its key never changes once leads use it; its label may."""

    entity = models.ForeignKey(Entity, models.CASCADE, related_name="fields", verbose_name=_("entity"))
    key = models.CharField(
        _("key"),
        max_length=63,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*$", _("Write small letters, digits and _, beginning with a letter.")
            )
        ],
    )
    label = models.CharField(_("label"), max_length=100)
    type = models.CharField(_("type"), max_length=12, choices=FieldType, default=FieldType.TEXT)
    position = models.PositiveIntegerField(_("position"), default=0)
    required = models.BooleanField(_("required"), default=False)
    default = models.JSONField(_("default"), null=True, blank=True)
    options = models.JSONField(
        _("options"), default=list, blank=True, help_text=_('For selects: a list such as ["Roof", "Garden"].')
    )
    encrypted = models.BooleanField(
        _("encrypted"), default=False, help_text=_("Sealed at rest; cannot be used in rules.")
    )
    sensitive = models.BooleanField(
        _("sensitive"),
        default=False,
        help_text=_("Masked to the staff, and showing it is noted; rules may use it, partners get it."),
    )
    match_order = models.PositiveSmallIntegerField(
        _("match"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("1, 2, …: by which fields a lead is known again; the first that is not empty decides."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["entity", "key"], name="field_key_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def masked(self) -> bool:
        """Whether the staff sees its values only on request, which is noted."""
        return self.encrypted or self.sensitive
