"""The fields of an entity as rows of its form."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution import usage
from distribution.admin.ready import chosen
from distribution.fields import TYPES, FieldError, FieldSpec
from distribution.intake.digests import MATCHABLE
from distribution.intake.names import RESERVED, loosely
from distribution.models import Entity, Field
from distribution.models.entity import FieldType
from distribution.usage import Use
from leadflip.kit.admin import NamedControls, TableInline
from leadflip.kit.generics import ModelForm

# Names that stand beside the fields: in a request, or in what partners receive.
TAKEN = {loosely(name) for name in (*RESERVED, "id", "lead_id", "created_at")}
WITH_OPTIONS = (FieldType.SELECT, FieldType.MULTI_SELECT)
LOCKED = ("key", "type", "encrypted")


class OptionsField(forms.CharField):
    """One option a line; cleaned to a list without empty lines and duplicates."""

    widget = forms.Textarea(attrs={"rows": 2, "cols": 16})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (line.strip() for line in str(value or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


def as_text(value: Any) -> str:
    """A stored default as somebody would type it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)


class FieldForm(ModelForm[Field]):
    """One field. What leads hold values of keeps its key, its type and its place at rest."""

    options = OptionsField(label=_("Options"), required=False, help_text=_("For selects: one a line."))
    default = forms.CharField(label=_("Default"), required=False, max_length=1000)
    archived = forms.BooleanField(
        label=_("Archived"), required=False, help_text=_("Kept on old leads; new ones do without.")
    )

    class Meta:
        model = Field
        fields = [
            "position",
            "key",
            "label",
            "type",
            "required",
            "encrypted",
            "sensitive",
            "match_order",
            "options",
            "default",
        ]
        error_messages = {
            "key": {"required": _("Write a key, such as first_name.")},
            "label": {"required": _("Write what people read, such as First name.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["default"] = as_text(self.instance.default)
        self.initial["archived"] = self.instance.archived_at is not None
        self.fields["position"].required = False
        if self.instance._state.adding:
            self.initial["position"] = None

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if loosely(key) in TAKEN:
            raise ValidationError(
                _("“%(key)s” is a name that every lead has beside its fields. Choose another."),
                params={"key": key},
            )
        return key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_locked(cleaned)
        if cleaned.get("match_order") and cleaned.get("type") not in (None, *MATCHABLE):
            self.add_error("match_order", _("Leads cannot be told apart by this type. Empty this."))
        if cleaned.get("type") in WITH_OPTIONS and not cleaned.get("options"):
            self.add_error("options", _("Write at least one option."))
        elif "type" in cleaned and "key" in cleaned:
            cleaned["default"] = self._default(cleaned)
        return cleaned

    def _check_locked(self, cleaned: dict[str, Any]) -> None:
        changed = [name for name in LOCKED if name in self.changed_data and name in cleaned]
        if self.instance._state.adding or not changed:
            return
        saved = Field.objects.get(pk=self.instance.pk)
        if usage.used_by_leads(saved):
            for name in changed:
                self.add_error(name, _reason(name, saved))

    def _default(self, cleaned: dict[str, Any]) -> Any:
        """The default in normal form, None where there is none or it does not fit."""
        written = cleaned.get("default", "").strip()
        if written and cleaned["type"] == FieldType.ADDRESS:
            self.add_error("default", _("An address has no default. Empty this."))
            return None
        try:
            return TYPES[cleaned["type"]].parse(written or None, self.spec(cleaned))
        except FieldError as error:
            self.add_error("default", str(error))
            return None

    def spec(self, cleaned: dict[str, Any]) -> FieldSpec:
        """What the form makes of the field, for checking values and rules."""
        return FieldSpec(
            key=cleaned["key"],
            label=cleaned.get("label", ""),
            type=cleaned["type"],
            options=tuple(cleaned.get("options", [])),
            encrypted=cleaned.get("encrypted", False),
            country=self.instance.entity.country if self.instance.entity_id else "",
            match=cleaned.get("match_order"),
        )

    def save(self, commit: bool = True) -> Field:
        archived = self.cleaned_data["archived"]
        if archived != (self.instance.archived_at is not None):
            self.instance.archived_at = timezone.now() if archived else None
        return super().save(commit)


def _reason(name: str, saved: Field) -> ValidationError:
    reasons = {
        "key": _("Leads hold values under the key “%(key)s”, so it stays."),
        "type": _(
            "Leads hold values of the type “%(type)s”, so it stays. Archive this field and add another."
        ),
        "encrypted": _("Leads hold values of this field, so it stays as it is. Archive it and add another."),
    }
    return ValidationError(reasons[name], params={"key": saved.key, "type": saved.get_type_display()})


class FieldFormSet(NamedControls):
    """All fields of an entity: deletions, the display field and all that uses fields are checked together.

    `uses`: what stands in the way, or would go on without a field; `asks`: the keys of the fields that go
    once that is confirmed, "" where it has to be changed first.
    """

    instance: Entity
    uses: Sequence[Use] = ()
    asks = ""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        fields = self._surviving()
        self._check_display_field(fields)
        if not self.instance._state.adding:
            self._check_uses(fields)
        self._check_match(fields)
        self._number()

    def _surviving(self) -> dict[str, FieldSpec]:
        kept = [
            form for form in self.forms if form not in self.deleted_forms and form.cleaned_data.get("key")
        ]
        return {
            form.cleaned_data["key"]: form.spec(form.cleaned_data)
            for form in kept
            if not form.cleaned_data["archived"]
        }

    def _check_display_field(self, fields: dict[str, FieldSpec]) -> None:
        display = self.instance.display_field
        if display and display not in fields:
            raise ValidationError(
                _("The display field “%(key)s” is none of the fields below. Write the key of one of them."),
                params={"key": display},
            )

    def _check_uses(self, fields: dict[str, FieldSpec]) -> None:
        """Refuses what would break something; what would only go on without a field is to be confirmed."""
        before = usage.live_fields(self.instance)
        self.uses = [*self._held(), *usage.broken(self.instance, before, fields)]
        if self.uses:
            raise ValidationError(_("Nothing is saved yet: something uses these fields. It is listed above."))
        gone = [spec for key, spec in before.items() if key not in fields]
        self.uses = list(usage.losing(self.instance, gone))
        asks = ",".join(spec.key for spec in gone)
        if self.uses and self.data.get(f"{self.prefix}-confirmed") != asks:
            self.asks = asks
            raise ValidationError(_("Nothing is saved yet: confirm above that these fields go."))

    def _held(self) -> Iterator[Use]:
        """The fields to be deleted that leads have values of."""
        leads = f"{reverse('admin:distribution_lead_changelist')}?entity__id__exact={self.instance.pk}"
        for form in self.deleted_forms:
            if form.instance.pk and usage.used_by_leads(form.instance):
                told = gettext("Leads hold values of “%(label)s”. Archive it instead of deleting it.")
                yield Use(gettext("Leads"), leads, told % {"label": form.instance.label})

    def _check_match(self, fields: dict[str, FieldSpec]) -> None:
        """Two fields of one order would leave to chance which of them is asked first."""
        numbers = [spec.match for spec in fields.values() if spec.match is not None]
        if len(numbers) != len(set(numbers)):
            raise ValidationError(_("Two fields have the same number under Match. Give each its own."))

    def _number(self) -> None:
        """Fields without a place go to the end, in the order in which they stand."""
        last = max((form.cleaned_data.get("position") or 0 for form in self.forms), default=0)
        for form in self.forms:
            if form.cleaned_data.get("key") and form.cleaned_data.get("position") is None:
                last += 1
                form.instance.position = last


class FieldInline(TableInline[Field, Entity]):
    """The fields, in order."""

    model = Field
    form = FieldForm
    formset = FieldFormSet
    template = "admin/distribution/fields.html"
    fields = [
        "position",
        "label",
        "key",
        "type",
        "required",
        "encrypted",
        "sensitive",
        "match_order",
        "options",
        "default",
        "archived",
    ]
    verbose_name_plural = _("fields")

    def get_extra(self, request: HttpRequest, obj: Entity | None = None, **kwargs: Any) -> int:
        ready = None if obj else chosen(request)
        return len(ready.fields) if ready else super().get_extra(request, obj, **kwargs)
