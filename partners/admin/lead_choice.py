"""Which lead a preview shows and a test sends: a made-up one, or one of the latest."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit import show
from partners.sheet import Sheet, reader
from partners.templating.values import text

LATEST = 5
LONGEST = 60


class Choice(NamedTuple):
    """An entity, and one of its leads; None for a made-up one."""

    entity_id: int
    lead_id: UUID | None


class LeadChoice(forms.Form):
    """The choice, a made-up lead first: nobody's data leaves by accident."""

    lead = forms.ChoiceField(label=_("Lead for preview and test"), required=False)

    def __init__(
        self, data: Mapping[str, Any] | None, *, prefix: str, entities: Sequence[tuple[int, str]]
    ) -> None:
        super().__init__(data, prefix=prefix)
        self._entities = entities
        field = self.fields["lead"]
        assert isinstance(field, forms.ChoiceField)
        # Asked for only where the choices are shown, and then more than once.
        field.choices = lambda: self._choices

    @cached_property
    def _choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        latest = reader().recent([entity for entity, _name in self._entities], LATEST)
        return [
            (
                name,
                [
                    (f"{entity}:", gettext("Made-up lead")),
                    *(
                        (f"{entity}:{sheet.lead_id}", _words(sheet))
                        for sheet in latest
                        if sheet.entity_id == entity
                    ),
                ],
            )
            for entity, name in self._entities
        ]

    @property
    def choice(self) -> Choice | None:
        """What was chosen, the first entity's made-up lead by default; None where there is no entity."""
        known = [entity for entity, _name in self._entities]
        entity, _sign, lead = str(self["lead"].value() or "").partition(":")
        if entity.isdecimal() and int(entity) in known:
            return Choice(int(entity), _uuid(lead))
        return Choice(known[0], None) if known else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _words(sheet: Sheet) -> str:
    """«Lee · 24 Nov 2026, 14:05»."""
    column = next((column for column in sheet.columns if column.key == sheet.display_field), None)
    value = "" if column is None else text(sheet.values.get(column.key))
    name = show.MASK if column is not None and column.masked else value[:LONGEST]
    return " · ".join(filter(None, [name, show.full_time(sheet.created_at)]))
