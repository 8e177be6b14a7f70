"""What is saved now and what was typed, where another saved while a page was open."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _

from leadflip.kit import show


class Difference(NamedTuple):
    """Both as people read them; a secret is masked."""

    label: str
    saved: str
    typed: str


class Conflict(NamedTuple):
    """What another saved meanwhile, for `admin/_conflict.html`."""

    title: str
    differences: list[Difference]


def differences(form: Any, owner: str = "") -> Iterator[Difference]:
    """Of one form, field by field; `owner` stands before the fields' labels."""
    for name in form.changed_data:
        if name not in form.fields:
            continue
        bound = form[name]
        label = f"{owner}: {bound.label}" if owner else str(bound.label)
        yield Difference(label, said(bound.field, bound.initial), said(bound.field, bound.data))


def said(field: forms.Field, value: Any) -> str:
    """A field's value in words."""
    if isinstance(field.widget, forms.PasswordInput):
        return show.MASK
    if isinstance(field, forms.BooleanField):
        return _("Yes") if value else _("No")
    if isinstance(field, forms.MultipleChoiceField):
        return ", ".join(_chosen(field, each) for each in value or ()) or show.EMPTY
    if isinstance(field, forms.ChoiceField):
        return _chosen(field, value)
    return show.EMPTY if value in (None, "") else str(field.prepare_value(value))


def _chosen(field: forms.ChoiceField, value: Any) -> str:
    choices: Iterable[tuple[Any, Any]] = field.choices  # type: ignore[assignment]  # as Django makes them
    labels = {str(key): str(label) for key, label in choices}
    return labels.get(str(value if value is not None else ""), str(value))
