"""The entity, a user-defined kind of lead, and its ordered fields."""

from django.core.validators import RegexValidator
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
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["entity", "key"], name="field_key_once")]

    def __str__(self) -> str:
        return self.label
