"""The forms in which the staff types in a lead, and changes one that is there."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution.catalogue import EntitySpec
from distribution.fields import FieldSpec, inputs
from distribution.models import Lead
from distribution.models.entity import OnDuplicate
from distribution.models.lead import NEW
from distribution.pages.lead_form import Asked, LeadForm

# Names that no field has: they hold a stroke.
TOKEN, ROUTE, DUPLICATE, REMOVE = "lead-token", "lead-route", "lead-duplicate", "remove-"


class Section(NamedTuple):
    """Fields below one heading; `folded` where few need them."""

    title: Any
    asked: Iterator[Asked]
    folded: bool


class StaffForm(LeadForm):
    """The fields of an entity, and what a lead says of itself beside them."""

    staff = True

    def __init__(
        self, entity: EntitySpec, values: dict[str, Any], beside: list[FieldSpec], data: Any
    ) -> None:
        self.own, self.beside = list(entity.fields.values()), beside
        super().__init__([*self.own, *beside], values=values, data=data)


class AddForm(StaffForm):
    """A lead that somebody types in."""

    def __init__(self, entity: EntitySpec, data: Any = None) -> None:
        self.consent = _consent()
        defaults = {key: spec.default for key, spec in entity.fields.items()}
        beside = [FieldSpec("source", str(_("Source")), "text"), *_about(), *self.consent]
        super().__init__(entity, {**defaults, "status": NEW}, beside, data)
        self.fields["source"].help_text = _("Who it came from, such as a fair. Empty: manual.")
        self.fields[DUPLICATE] = forms.ChoiceField(
            label=_("If there is such a lead already"),
            choices=[("", _("As the entity says")), *OnDuplicate.choices],
            required=False,
        )
        self.fields[ROUTE] = forms.BooleanField(label=_("Route it"), initial=True, required=False)

    def sections(self) -> Iterator[Section]:
        """All but the choices below them."""
        yield Section(_("Values"), map(self.ask, self.own), False)
        yield Section(
            _("About"), map(self.ask, (each for each in self.beside if each not in self.consent)), False
        )
        yield Section(_("Consent"), map(self.ask, self.consent), True)

    @property
    def duplicate(self) -> forms.BoundField:
        """What becomes of a lead that is there already."""
        return self[DUPLICATE]

    @property
    def route(self) -> forms.BoundField:
        """Whether profiles decide on it."""
        return self[ROUTE]


class EditForm(StaffForm):
    """A lead that is there. Its masked values are written, never shown: what is left empty stays."""

    def __init__(self, entity: EntitySpec, lead: Lead, data: Any = None) -> None:
        super().__init__(entity, _open(entity, lead), _about(), data)
        for name in self._shown():
            self.fields[name].show_hidden_initial = True
        for spec in self._removable():
            words = _("Remove what is there")
            self.fields[REMOVE + spec.key] = forms.BooleanField(label=words, required=False)

    def must(self, spec: FieldSpec) -> bool:
        return super().must(spec) and not spec.masked

    def ask(self, spec: FieldSpec) -> Asked:
        if not spec.masked:
            return super().ask(spec)
        hint = _("Masked, so what is there is not shown. Left empty, it stays.")
        remove = self[REMOVE + spec.key] if REMOVE + spec.key in self.fields else None
        return Asked(spec, self.controls(spec), False, hint, remove)

    def sections(self) -> Iterator[Section]:
        """All of it."""
        yield Section(_("Values"), map(self.ask, self.own), False)
        yield Section(_("About"), map(self.ask, self.beside), False)

    def changes(self) -> dict[str, object]:
        """By key, what was changed by hand; the rest may have been by somebody else meanwhile."""
        typed, changed = self.typed(), set(self.changed_data)
        removed = {spec.key: None for spec in self._removable() if self.cleaned_data[REMOVE + spec.key]}
        kept = {spec.key for spec in self.specs if not changed.intersection(inputs.names(spec, staff=True))}
        return {**removed, **{key: value for key, value in typed.items() if key not in kept}}

    def clashes(self, entity: EntitySpec, lead: Lead) -> dict[str, list[str]]:
        """Messages for what was changed here and, since this page was opened, on `lead` as it is now.

        Saved once more, the form has seen that.
        """
        values = _open(entity, lead)
        now: dict[str, Any] = {}
        for spec in self.specs:
            now |= inputs.filled(spec, values.get(spec.key), staff=True)
        met = [name for name in self._shown() if name in self.changed_data]
        stale = [name for name in met if self.fields[name].has_changed(self._seen(name), now[name])]
        data = cast(QueryDict, self.data).copy()
        for name in stale:
            new = now[name] if isinstance(now[name], list) else [now[name] or ""]
            data.setlist(self.add_initial_prefix(name), new)
        self.data = data
        return {name: [_clash(now[name])] for name in stale}

    def labels(self, keys: dict[str, object]) -> list[str]:
        """What the fields are called, in order."""
        return [spec.label for spec in self.specs if spec.key in keys]

    def _shown(self) -> list[str]:
        """The controls that show what is there."""
        masked = {name for spec in self.own if spec.masked for name in inputs.names(spec, staff=True)}
        return [name for spec in self.specs for name in inputs.names(spec, staff=True) if name not in masked]

    def _seen(self, name: str) -> Any:
        hidden = self.fields[name].hidden_widget()
        sent = hidden.value_from_datadict(self.data, self.files, self.add_initial_prefix(name))
        return self.fields[name].to_python(sent)

    def _removable(self) -> list[FieldSpec]:
        return [spec for spec in self.own if spec.masked and not spec.required]


def _open(entity: EntitySpec, lead: Lead) -> dict[str, Any]:
    shown = {key for key, spec in entity.fields.items() if not spec.masked}
    values = {key: value for key, value in lead.values.items() if key in shown}
    return {**values, "status": lead.status, "note": lead.note}


def _clash(value: Any) -> str:
    text = "; ".join(value) if isinstance(value, list) else str(value or "–")
    return gettext("Somebody made this “%(value)s” meanwhile. Save again to put yours in its place.") % {
        "value": text[:100]
    }


def _about() -> list[FieldSpec]:
    return [FieldSpec("status", str(_("Status")), "text"), FieldSpec("note", str(_("Note")), "textarea")]


def _consent() -> list[FieldSpec]:
    return [
        FieldSpec("consent_text", str(_("What was agreed to")), "textarea"),
        FieldSpec("consent_at", str(_("When")), "datetime"),
        FieldSpec("consent_ip", str(_("From which IP address")), "text"),
        FieldSpec("consent_url", str(_("Address of the certificate")), "url"),
    ]
