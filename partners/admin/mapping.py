"""What a partner gets of one entity's leads: ticked fields, and the texts of the method that has some."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit.widgets import Ticklist
from partners.models.settings import Kind
from partners.sheet import ADDRESS_PARTS, Column, Ticks
from partners.templating import Targets, TemplateErrors, compile_shape, compile_template, standard, targets
from partners.words import PART_LABELS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


# The texts of each method that has some.
TEXTS: Mapping[str, Sequence[str]] = {Kind.EMAIL: ("subject", "body"), Kind.WEBHOOK: ("shape",)}

SHOWN = 20  # problems of one text

_ENCRYPTED: tuple[str, "StrOrPromise"] = ("encrypted", _("Encrypted"))
_NEW: tuple[str, "StrOrPromise"] = ("pending", _("New"))


class EntityForm(forms.Form):
    """One entity in a Delivery section. `saved` is its item of `DeliverySettings.per_entity`."""

    ticks = forms.MultipleChoiceField(
        label=_("Fields"),
        required=False,
        help_text=_(
            "Without any tick nothing of this entity's leads is sent. "
            "Encrypted fields that are ticked are decrypted for this partner."
        ),
    )
    subject = forms.CharField(
        label=_("Subject template"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"class": "mono"}),
        help_text=_("Empty: the standard subject, which stands in grey."),
    )
    body = forms.CharField(
        label=_("Body template"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "mono", "rows": 8}),
        help_text=_("Empty: the standard text, which stands in grey: a line for each field with a value."),
    )
    shape = forms.CharField(
        label=_("Payload shape"),
        required=False,
        widget=forms.Textarea(attrs={"class": "mono", "rows": 8, "spellcheck": "false"}),
        help_text=_(
            "Empty: the standard payload, which stands in grey. Else a JSON document with the partner's own "
            "names, nested as it wants. Each text is a template; one that is nothing but {{ … }} stays what "
            "it is: a number, a list, true. Form-encoded: one flat object."
        ),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        prefix: str,
        name: str,
        columns: Sequence[Column],
        saved: Mapping[str, Any],
        display_field: str = "",
    ) -> None:
        ticks = list(_keys(columns, frozenset(saved.get("ticks", []))))
        texts = {part: saved.get(part, "") for parts in TEXTS.values() for part in parts}
        super().__init__(data, prefix=prefix, initial={"ticks": ticks, **texts})
        self.name = name
        self.columns = columns
        self._known = saved.get("known")
        self._display_field = display_field
        field = self.fields["ticks"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.widget = Ticklist(group=f"{name}: {field.label}", attrs={"class": "ticks"})
        field.choices = list(_choices(columns, self._new()))

    def heading(self, everything: bool) -> str:
        """“Solar lead · 3 of 12 fields ticked”, the name alone where all are sent."""
        if everything:
            return self.name
        ticked = set(self["ticks"].value() or [])
        told = gettext("%(entity)s · %(ticked)d of %(all)d fields ticked") % {
            "entity": self.name,
            "ticked": len(ticked),
            "all": len(list(_all(self.columns))),
        }
        new = len(self._new() - {key.partition(".")[0] for key in ticked})
        if not new:
            return told
        words = ngettext("%(count)d new field is not sent", "%(count)d new fields are not sent", new)
        return f"{told} · {words % {'count': new}}"

    def _new(self) -> set[str]:
        """The fields that came after the ticks were saved; none where that was not noted."""
        return set() if self._known is None else {each.key for each in self.columns} - {*self._known}

    def show_standard(self, everything: bool, html: bool) -> None:
        """Puts the standard texts into the empty boxes, in grey."""
        ticks = self._ticks(everything)
        subject = standard.subject(self.columns, ticks, self._display_field)
        body = standard.body(self.columns, ticks, self._display_field, html=html)
        self.fields["subject"].widget.attrs["placeholder"] = subject
        self.fields["body"].widget.attrs["placeholder"] = body
        self.fields["shape"].widget.attrs["placeholder"] = standard.shape(self.columns, ticks)

    def sends_nothing(self, everything: bool) -> bool:
        """Whether nothing of this entity's leads is sent."""
        return not everything and not self["ticks"].value()

    def encrypted(self, everything: bool) -> list[str]:
        """Labels of the encrypted fields that are sent."""
        ticks = self._ticks(everything)
        return [column.label for column in self.columns if column.encrypted and ticks.shows(column)]

    def _ticks(self, everything: bool) -> Ticks:
        """As the page shows them now, saved or typed."""
        return Ticks(everything, frozenset(self["ticks"].value() or []))

    def clean_body(self) -> str:
        """Browsers send each line's end as two characters."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")

    def clean_shape(self) -> str:
        """As `clean_body`."""
        shape: str = self.cleaned_data["shape"]
        return shape.replace("\r\n", "\n")

    def check_letter(self, everything: bool, html: bool) -> None:
        """Adds the templates' errors against what is sent; after `is_valid()`."""
        known = self._targets(everything)
        self._check("subject", lambda source: compile_template(source, known))
        self._check("body", lambda source: compile_template(source, known, html=html))

    def check_shape(self, everything: bool, flat: bool) -> None:
        """The same of the payload shape; `flat` for a form-encoded body."""
        known = self._targets(everything)
        self._check("shape", lambda source: compile_shape(source, known, flat=flat))

    def _targets(self, everything: bool) -> Targets:
        return targets(self.columns, Ticks(everything, frozenset(self.cleaned_data["ticks"])))

    def _check(self, part: str, compiled: Callable[[str], object]) -> None:
        try:
            if source := self.cleaned_data[part]:
                compiled(source)
        except TemplateErrors as errors:
            for problem in errors.problems[:SHOWN]:
                self.add_error(part, str(problem))

    def item(self, kind: str) -> dict[str, Any]:
        """The item to save: the ticks, and the texts that the method has."""
        return {
            "ticks": self.cleaned_data["ticks"],
            "known": [column.key for column in self.columns],
            **{part: self.cleaned_data.get(part, "") for part in TEXTS.get(kind, ())},
        }


def _keys(columns: Sequence[Column], ticked: frozenset[str]) -> Iterator[str]:
    """The ticked keys; an address ticked as a whole is all of its parts."""
    for column in columns:
        whole = column.key in ticked
        if column.type == "address":
            yield from (key for key in _parts(column) if whole or key in ticked)
        elif whole:
            yield column.key


def _all(columns: Iterable[Column]) -> Iterator[tuple[str, str, Column]]:
    """Each tick's key and label, and the field that it is of."""
    for column in columns:
        if column.type == "address":
            for key, part in zip(_parts(column), ADDRESS_PARTS, strict=True):
                yield key, f"{column.label}: {PART_LABELS[part]}", column
        else:
            yield column.key, column.label, column


def _choices(columns: Iterable[Column], new: set[str]) -> Iterator[tuple[str, str | SafeString]]:
    for key, label, column in _all(columns):
        marks = [_ENCRYPTED] if column.encrypted else []
        yield key, _label(label, [*marks, *([_NEW] if column.key in new else [])])


def _parts(column: Column) -> list[str]:
    return [f"{column.key}.{part}" for part in ADDRESS_PARTS]


def _label(text: str, marks: Iterable[tuple[str, "StrOrPromise"]]) -> str | SafeString:
    badges = format_html_join("", ' <span class="badge badge-{}">{}</span>', marks)
    return format_html("{}{}", text, badges) if badges else text
