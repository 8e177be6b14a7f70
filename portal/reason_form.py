"""Why leads are refused, as people say it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.reasons import Reason


class ReasonForm(forms.Form):
    """Why a lead is rejected or returned: one of the list, and a note where the list does not say it."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Choose a reason")), *Reason.choices],
        error_messages={"required": _("Choose a reason from the list.")},
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Optional, up to 500 characters. The operator reads it."),
    )

    def clean(self) -> dict[str, str]:
        """`Other reason` is told in the note."""
        if self.cleaned_data.get("reason") == Reason.OTHER and not self.cleaned_data.get("note"):
            self.add_error("note", _("Write the reason here, or choose another one from the list."))
        return self.cleaned_data
