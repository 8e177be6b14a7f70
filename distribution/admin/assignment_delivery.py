"""The section Delivery of a partner in a profile: the partner's own settings, or only this one's."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.helpers import Fieldset
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from delivery.pages.trying import Typed
from distribution.models import Assignment
from leadflip.kit.widgets import Radios
from partners.admin.delivery import DeliveryForm
from partners.admin.delivery_parts import PREFIX, fieldset
from partners.admin.delivery_words import own_words, summary
from partners.admin.partner import own_rows
from partners.models import DeliverySettings

OWN, ALONE = "own", "alone"


class ScopeForm(forms.Form):
    """Whose settings they are to be."""

    scope = forms.ChoiceField(label=_("Whose settings"), widget=Radios(_("Whose settings")))

    def __init__(self, data: Mapping[str, Any] | None, *, assignment: Assignment) -> None:
        current = ALONE if assignment.settings_id else OWN
        super().__init__(data, prefix=PREFIX, initial={"scope": current})
        field = self.fields["scope"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(OWN, _own_words(assignment)), (ALONE, gettext("Only for this assignment"))]
        field.help_text = (
            _("What this assignment has now is kept aside when the partner's own settings are chosen again.")
            if current == ALONE
            else _("Changes to the partner's own settings hold in every profile that uses them.")
        )


class AssignmentDelivery:
    """The section. What it shows is the row in force, whoever's that is.

    From the partner's own to this one's: what is shown becomes this one's, stored secrets included.
    Back to the partner's own: what is shown is left alone, as it belongs to this assignment.
    """

    def __init__(self, data: Mapping[str, Any] | None, assignment: Assignment) -> None:
        self.assignment = assignment
        self.was_alone = assignment.settings_id is not None
        self.scope = ScopeForm(data, assignment=assignment)
        own = assignment.partner.default_settings
        rows = alone_rows(assignment) if self.was_alone else own_rows(assignment.partner)
        self.form = DeliveryForm(
            data,
            current=assignment.settings or own,
            rows=rows,
            entity_id=assignment.profile.entity_id,
        )

    @property
    def alone(self) -> bool:
        """Whether this assignment is to have settings that are only its own."""
        return bool(self.scope["scope"].value() == ALONE)

    @property
    def back_to_own(self) -> bool:
        """Whether this assignment gives up settings that were only its own."""
        return self.was_alone and not self.alone

    @property
    def fieldset(self) -> Fieldset:
        """The choice, for the stock fieldset template."""
        return fieldset(self.scope, ("scope",))

    @property
    def sentence(self) -> str:
        """Whose settings are in force, and what they are."""
        return sentence(self.assignment)

    @property
    def own_summary(self) -> str:
        """The partner's own settings in a few words."""
        return summary(self.assignment.partner.default_settings)

    def is_valid(self) -> bool:
        """Checks what will be saved."""
        return self.scope.is_valid() and (self.back_to_own or self.form.is_valid())

    def refusal(self) -> str:
        """Why this must not be saved yet, see DeliveryForm."""
        return "" if self.back_to_own else self.form.refusal()

    def leave_unchecked(self) -> None:
        """Lets the section come back as it was sent, without a word on what is to be mended."""
        self.scope.errors.clear()
        self.form.leave_unchecked()

    def has_changed(self) -> bool:
        """Whether saving would change anything."""
        return self.scope.has_changed() or self.form.has_changed()

    def save(self) -> None:
        """Saves the settings and points the assignment or its partner to them (the assignment unsaved).

        Call inside a transaction that holds the configuration.
        """
        if self.back_to_own:
            self.assignment.settings = None
        elif self.alone:
            self.assignment.settings = self.form.save(self.assignment.partner, scope_of(self.assignment))
        else:
            self._save_own(self.form.save(self.assignment.partner))

    def _save_own(self, row: DeliverySettings | None) -> None:
        partner = self.assignment.partner
        if row is not None and row != partner.default_settings:
            partner.default_settings = row
            partner.save(update_fields=["default_settings"])


def typed(data: Mapping[str, Any], assignment: Assignment) -> Typed:
    """The section as it was sent, for preview and test: what would hold after a save."""
    section = AssignmentDelivery(data, assignment)
    return Typed(section.form, assignment.partner.default_settings if section.back_to_own else None)


def scope_of(assignment: Assignment) -> str:
    """The scope of settings that are only this assignment's, see DeliverySettings."""
    return f"assignment:{assignment.pk}"


def alone_rows(assignment: Assignment) -> dict[str, DeliverySettings]:
    """The settings that are only this assignment's, by method."""
    rows = assignment.partner.delivery_settings.filter(scope=scope_of(assignment))
    return {row.kind: row for row in rows}


def _own_words(assignment: Assignment) -> str:
    return own_words(assignment.partner, assignment.partner_profiles)  # type: ignore[attr-defined]  # its admin's annotation


def sentence(assignment: Assignment) -> str:
    """Whose settings are in force, and what they are."""
    whose = gettext("Only for this assignment") if assignment.settings else _own_words(assignment)
    return f"{whose} · {summary(assignment.settings or assignment.partner.default_settings)}"
