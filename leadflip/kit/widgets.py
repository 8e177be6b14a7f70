"""Groups of choices that tell a screen reader what they are about."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString


class Radios(forms.RadioSelect):
    """Radio buttons, named as a group by `group`."""

    def __init__(self, group: str | Promise, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group = group

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return _grouped("radiogroup", self.group, super().render(name, value, attrs, renderer))


class Ticklist(forms.CheckboxSelectMultiple):
    """Checkboxes, named as a group by `group`."""

    def __init__(self, group: str | Promise, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group = group

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return _grouped("group", self.group, super().render(name, value, attrs, renderer))


def _grouped(role: str, name: str | Promise, inner: SafeString) -> SafeString:
    return format_html('<div role="{}" aria-label="{}">{}</div>', role, name, inner)
