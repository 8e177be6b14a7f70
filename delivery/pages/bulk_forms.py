"""What is sent to begin a bulk action."""

from django import forms
from django.utils.translation import gettext_lazy as _


class StartForm(forms.Form):
    """`key` makes two clicks one; `upto` leaves out what came after the page was shown."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    upto = forms.UUIDField(widget=forms.HiddenInput)
    again = forms.BooleanField(label=_("Send delivered jobs once more, too"), required=False)
