"""What becomes of leads that there are already, as part of their entity's form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from distribution.models import Entity
from distribution.models.entity import OnDuplicate, Way
from leadflip.kit.generics import ModelForm

WAYS = {f"duplicates_{way.value}": way for way in Way}


class EntityForm(ModelForm[Entity]):
    """One choice for each way that leads come in; they are kept together in `duplicates`."""

    duplicates_api = forms.ChoiceField(
        label=_("From the API"),
        choices=OnDuplicate,
        help_text=_("An API key may say otherwise for its leads."),
    )
    duplicates_form = forms.ChoiceField(label=_("From the hosted form"), choices=OnDuplicate)
    duplicates_import = forms.ChoiceField(
        label=_("From CSV files"), choices=OnDuplicate, help_text=_("What an import begins with.")
    )
    duplicates_manual = forms.ChoiceField(label=_("Typed in"), choices=OnDuplicate)

    class Meta:
        model = Entity
        fields = ["name", "slug", "currency", "country", "display_field", "duplicate_days"]
        error_messages = {
            "slug": {"invalid": _("Write letters, digits and hyphens without spaces, such as solar-lead.")}
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, way in WAYS.items():
            self.initial[name] = self.instance.duplicates.get(way, OnDuplicate.SKIP)
            if name in self.fields:
                self.fields[name].required = False

    def save(self, commit: bool = True) -> Entity:
        for name, way in WAYS.items():
            chosen = self.cleaned_data.get(name)
            if chosen:
                self.instance.duplicates[way.value] = chosen
        return super().save(commit)
