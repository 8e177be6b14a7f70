"""The forms of the import wizard."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution.catalogue import EntitySpec
from distribution.intake.imports import mapping
from distribution.intake.imports.reading import Reading
from distribution.intake.imports.upload import MEGABYTES
from distribution.models import Entity, Import
from distribution.models.entity import OnDuplicate, Way

DELIMITERS = [(",", _("Comma ,")), (";", _("Semicolon ;")), ("\t", _("Tab"))]
HEADERS = [("yes", _("Yes")), ("no", _("No, it is a lead"))]
TOO_LARGE = _("The file is larger than %(most)d MB: split it into several files, each with its header row.")


class UploadForm(forms.Form):
    """A file, and what kind of leads it holds."""

    entity = forms.ModelChoiceField(
        Entity.objects.all(),
        label=_("Kind of lead"),
        empty_label=_("Choose one"),
        error_messages={"required": _("Choose one: a file holds one kind of lead.")},
    )
    file = forms.FileField(
        label=_("CSV file"),
        max_length=255,
        help_text=format_lazy(_("Up to {most} MB, separated by commas, semicolons or tabs."), most=MEGABYTES),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={"required": _("Choose a file."), "empty": _("The file is empty.")},
    )
    delimiter = forms.ChoiceField(
        label=_("Separator"), choices=[("", _("Find it out")), *DELIMITERS], required=False
    )
    header = forms.ChoiceField(
        label=_("Does the first row name the columns?"),
        choices=[("", _("Find it out")), *HEADERS],
        required=False,
    )

    def refuse_size(self) -> None:
        """The file was dropped, since it is too large."""
        self.errors.pop("file", None)
        self.add_error("file", TOO_LARGE % {"most": MEGABYTES})

    @property
    def has_header(self) -> bool | None:
        """What was said of the first row, if anything."""
        return {"yes": True, "no": False}.get(self.cleaned_data["header"])


class ReadingForm(forms.Form):
    """How a file that is there is read, where the guess was wrong."""

    delimiter = forms.ChoiceField(label=_("Separator"), choices=DELIMITERS)
    header = forms.ChoiceField(label=_("Does the first row name the columns?"), choices=HEADERS)

    @classmethod
    def of(cls, how: Reading) -> "ReadingForm":
        """As it is read now."""
        return cls(initial={"delimiter": how.delimiter, "header": "yes" if how.header else "no"})


class Column(NamedTuple):
    """One column of the file, as the page shows it."""

    name: str
    samples: Sequence[str]
    field: forms.BoundField
    guessed: bool


class MatchForm(forms.Form):
    """What each column means."""

    def __init__(self, run: Import, entity: EntitySpec, data: Any = None) -> None:
        super().__init__(data)
        self.run, self.entity = run, entity
        choices = [
            ("", gettext("– ignored –")),
            (gettext("Fields"), list(mapping.field_choices(entity))),
            (gettext("About the lead"), [(name, name) for name in mapping.ABOUT]),
        ]
        for place, (name, value) in enumerate(zip(run.columns, run.mapping, strict=True)):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=mapping.column_name(place + 1, name), choices=choices, initial=value, required=False
            )

    def clean(self) -> dict[str, Any]:
        """Refuses what no row could be read by."""
        for problem in mapping.problems(self.mapping, self.entity):
            self.add_error(None, problem)
        return self.cleaned_data

    @property
    def mapping(self) -> list[str]:
        """As it was chosen."""
        return [self.cleaned_data.get(name, "") for name in self.fields]

    def columns(self, samples: Sequence[Sequence[str]]) -> Iterator[Column]:
        """The columns with values of theirs."""
        guessed = mapping.guess(self.run.columns, self.entity)
        for place, name in enumerate(self.fields):
            control = self[name]
            is_guess = bool(guessed[place]) and control.value() == guessed[place]
            yield Column(str(control.label), samples[place], control, is_guess)


class StartForm(forms.Form):
    """What is done with the leads."""

    on_duplicate = forms.ChoiceField(
        label=_("Leads that are there already"), choices=OnDuplicate.choices, widget=forms.RadioSelect
    )
    route = forms.BooleanField(label=_("Route the leads"), required=False, initial=True)

    @classmethod
    def of(cls, entity: EntitySpec) -> "StartForm":
        """As the entity says."""
        return cls(initial={"on_duplicate": entity.duplicates.get(Way.IMPORT, OnDuplicate.SKIP)})
