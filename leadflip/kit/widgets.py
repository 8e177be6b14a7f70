"""Groups of choices that tell a screen reader what they are about."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

LISTED = 200


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


def only_saved(field: forms.Field, saved: Model) -> None:
    """Lets a field of a saved row show what it has, and nothing to choose: no query for the others."""
    assert isinstance(field, forms.ModelChoiceField)
    field.disabled = True
    field.widget = forms.Select(attrs=field.widget.attrs)
    field.choices = [(saved.pk, str(saved))]


class Picker(AutocompleteSelect):
    """A box that searches where scripts run, and a list of the first LISTED where none do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One for all rows of a page: copies of a widget share it.
        self._listed: list[tuple[Any, str]] = []

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> list[Any]:
        """None, the chosen one, then the others; not in the row from which scripts make new ones."""
        groups = super().optgroups(name, list(value), attrs)
        if "__prefix__" in name:
            return groups
        options = groups[0][1]
        if not any(value) and self.is_required:
            options.insert(0, self.create_option(name, "", "", True, 0))
        for key, label in self._others():
            if not key or str(key) not in value:
                options.append(self.create_option(name, key, label, False, len(options)))
        return groups

    def _others(self) -> list[tuple[Any, str]]:
        if not self._listed:
            rows = list(self.choices.queryset[: LISTED + 1])
            self._listed += [(row.pk, str(row)) for row in rows[:LISTED]]
            if len(rows) > LISTED:
                self._listed.append(("", _("More are found by searching, which needs scripts.")))
        return self._listed


def _grouped(role: str, name: str | Promise, inner: SafeString) -> SafeString:
    return format_html('<div role="{}" aria-label="{}">{}</div>', role, name, inner)
