"""The forms of the pages about one person."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from distribution.models.erasure import FoundBy

WORD = _("ERASE")


class FindForm(forms.Form):
    """Who it is. Sent by POST: an address in a URL would stand in logs."""

    who = forms.CharField(
        label=_("E-mail address, phone number or lead id"),
        max_length=254,
        help_text=_("Whole and exact. Encrypted values are found too."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Write an e-mail address, a phone number or a lead id.")},
    )

    def refuse(self) -> None:
        """It is none of these."""
        self.add_error(
            "who",
            _("This is no e-mail address, phone number or id. Write numbers with their country: +49 30 …"),
        )


class ChosenForm(forms.Form):
    """The leads that were found, as they were chosen."""

    lead = forms.TypedMultipleChoiceField(
        coerce=UUID, error_messages={"required": _("Choose at least one lead.")}
    )
    found_by = forms.ChoiceField(choices=FoundBy.choices)

    def __init__(self, data: Any, ids: Sequence[str] = ()) -> None:
        super().__init__(data)
        lead = self.fields["lead"]
        assert isinstance(lead, forms.ChoiceField)
        lead.choices = [(text, text) for text in ids or data.getlist("lead") if _is_id(text)]


class ConfirmForm(ChosenForm):
    """The same with the word that is typed."""

    word = forms.CharField(
        label=_("Type ERASE to confirm"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Type ERASE in the field: it cannot be undone.")},
    )

    def clean_word(self) -> str:
        """It was typed as it stands there."""
        word: str = self.cleaned_data["word"]
        if word.strip() != str(WORD):
            raise forms.ValidationError(_("Type ERASE in capital letters: it cannot be undone."))
        return word


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False
