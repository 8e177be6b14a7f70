"""Rules in a form: their document as JSON, checked against the entity's fields."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from distribution import usage
from distribution.fields import FieldSpec
from distribution.rules import RuleErrors, compile_rules
from distribution.rules.words import rules_words
from leadflip.kit.show import EMPTY

EXAMPLE = '[[{"field": "address.postcode", "op": "starts_with", "value": "8"}]]'


class RulesField(forms.CharField):
    """The document as text, a condition a line; cleaned to the document. Empty: every lead matches."""

    widget = forms.Textarea(attrs={"class": "mono", "rows": 4, "cols": 80, "spellcheck": "false"})

    def __init__(self) -> None:
        super().__init__(
            label=_("Rules"),
            required=False,
            help_text=_(
                "A list of alternatives, each a list of conditions that hold together, such as %(example)s. "
                "Empty: every lead matches."
            )
            % {"example": EXAMPLE},
        )

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        try:
            return json.loads(text) if text else []
        except ValueError as error:
            raise ValidationError(_fault(error)) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or []))
        except ValidationError:
            return True


def written(document: list[Any]) -> str:
    """A document as JSON with each condition on a line of its own."""
    if not document:
        return ""
    alternatives = (",\n   ".join(map(_condition, alternative)) for alternative in document)
    return "[\n  [" + "],\n  [".join(alternatives) + "]\n]"


def _condition(condition: dict[str, Any]) -> str:
    """As one would say it; the database keeps the members in an order of its own."""
    ordered = {name: condition[name] for name in ("field", "op", "value") if name in condition}
    return json.dumps(ordered, ensure_ascii=False)


def check(form: forms.BaseForm, fields: Mapping[str, FieldSpec]) -> None:
    """Adds an error to the form's rules for each condition that does not fit `fields`."""
    document = form.cleaned_data.get("rules")
    if document is None:
        return
    try:
        compile_rules(document, fields)
    except RuleErrors as errors:
        for line in str(errors).splitlines():
            form.add_error("rules", line)


def in_words(document: Any, entity_id: int) -> str:
    """Rules as a sentence; "–" for a document that cannot be rules, as after an error in its form."""
    fields = usage.live_fields(entity_id)
    try:
        compile_rules(document, fields)
    except RuleErrors:
        return EMPTY
    return rules_words(document, fields)


def _fault(error: ValueError) -> ValidationError:
    if not isinstance(error, json.JSONDecodeError):
        return ValidationError(_("This is no JSON: %(reason)s."), params={"reason": error})
    return ValidationError(
        _("This is no JSON at line %(line)d, column %(column)d. Write rules such as %(example)s"),
        params={"line": error.lineno, "column": error.colno, "example": EXAMPLE},
    )
