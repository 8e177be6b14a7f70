"""A form with the fields of an entity: on the hosted page, and where the staff types leads in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms

from distribution.fields import FieldSpec, inputs
from distribution.intake.errors import Errors

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Asked:
    """A field with its controls: several are an address's."""

    spec: FieldSpec
    controls: list[forms.BoundField]
    required: bool
    hint: "StrOrPromise" = ""
    remove: forms.BoundField | None = None

    @property
    def several(self) -> bool:
        """Whether the controls need a name for all of them."""
        return self.spec.type == "address"

    @property
    def ticked(self) -> bool:
        """Whether the one control is a box before its label."""
        return isinstance(self.controls[0].field.widget, forms.CheckboxInput)


class LeadForm(forms.Form):
    """`values`: what stands in it to begin with, by field key. Values are judged by intake, see `refuse`."""

    staff = False

    def __init__(
        self, specs: Sequence[FieldSpec], *, values: Mapping[str, Any], data: Any = None, **kwargs: Any
    ) -> None:
        first: dict[str, Any] = {}
        for spec in specs:
            first |= inputs.filled(spec, values.get(spec.key), staff=self.staff)
        super().__init__(data, initial=first, **kwargs)
        self.specs = specs
        for spec in specs:
            self.fields.update(inputs.controls(spec, staff=self.staff))

    def asked(self) -> Iterator[Asked]:
        """The entity's fields, in order."""
        yield from map(self.ask, self.specs)

    def ask(self, spec: FieldSpec) -> Asked:
        """One field as the page shows it."""
        return Asked(spec, self.controls(spec), self.must(spec))

    def controls(self, spec: FieldSpec) -> list[forms.BoundField]:
        """A field's controls."""
        return [self[name] for name in inputs.names(spec, staff=self.staff)]

    def must(self, spec: FieldSpec) -> bool:
        """Whether nothing may be left empty; a default stands in where there is one."""
        return spec.required and spec.default is None

    def typed(self) -> dict[str, object]:
        """By field key, as intake reads it; of a form that was sent."""
        self.full_clean()
        return {spec.key: inputs.read(spec, self.cleaned_data, staff=self.staff) for spec in self.specs}

    def refuse(self, errors: Errors) -> None:
        """Shows intake's messages, each beside its control."""
        for name, messages in errors.items():
            shown = next((field for field in (name, _first_part(name)) if field in self.fields), None)
            for message in messages:
                self.add_error(shown, message)


def _first_part(name: str) -> str:
    return f"{name}.street"
