"""To whom leads move."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from delivery.pages.bulk_forms import StartForm
from partners.models import Partner

UNKNOWN = _("Choose a partner from the list: this one is not in it any more.")
CHOOSE = {"required": _("Choose the partner that is to have the lead."), "invalid_choice": UNKNOWN}


class OneForm(forms.Form):
    """The partner for one job's lead; `again` has to be ticked where the first one may have it."""

    to = forms.TypedChoiceField(
        label=_("Who can have it now"), coerce=int, widget=forms.RadioSelect, error_messages=CHOOSE
    )
    again = forms.BooleanField(
        label=_("Two partners may have this lead then"),
        error_messages={"required": _("Tick this, or leave the lead where it is.")},
    )

    def __init__(self, data: Any, *, choices: Sequence[tuple[int, str]], doubt: bool) -> None:
        super().__init__(data)
        self.fields["to"].choices = choices  # type: ignore[attr-defined]
        if not doubt:
            del self.fields["again"]


class ToForm(forms.Form):
    """The partner for many, chosen before anything is asked."""

    to = forms.ModelChoiceField(
        Partner.objects.none(), label=_("Partner"), empty_label=None, error_messages=CHOOSE
    )

    def __init__(self, data: Any, partners: QuerySet[Partner]) -> None:
        super().__init__(data)
        self.fields["to"].queryset = partners  # type: ignore[attr-defined]


class ManyForm(StartForm):
    """Begins it; the partner stands in the address."""

    again = forms.BooleanField(label=_("Move those, too, that this partner has or may have"), required=False)
