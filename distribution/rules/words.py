"""Rules, and why a lead failed one, as sentences in the active language.

They are written from the document, so they also serve old versions whose fields are gone.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from distribution.fields import FieldSpec, is_empty
from distribution.fields.base import scalar
from distribution.rules.targets import find

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_LIST = 5
LONGEST_TEXT = 40

# operator: (what it asks, what is said where a lead fails it)
_SENTENCES: dict[str, tuple["StrOrPromise", "StrOrPromise"]] = {
    "equals": (
        gettext_lazy("%(field)s is %(value)s"),
        gettext_lazy("%(field)s %(met)s is not %(value)s"),
    ),
    "not_equals": (
        gettext_lazy("%(field)s is not %(value)s"),
        gettext_lazy("%(field)s is %(met)s, which is excluded"),
    ),
    "contains": (
        gettext_lazy("%(field)s contains %(value)s"),
        gettext_lazy("%(field)s %(met)s does not contain %(value)s"),
    ),
    "not_contains": (
        gettext_lazy("%(field)s does not contain %(value)s"),
        gettext_lazy("%(field)s %(met)s contains %(value)s, which is excluded"),
    ),
    "starts_with": (
        gettext_lazy("%(field)s starts with %(value)s"),
        gettext_lazy("%(field)s %(met)s does not start with %(value)s"),
    ),
    "in_list": (
        gettext_lazy("%(field)s is in the list %(value)s"),
        gettext_lazy("%(field)s %(met)s is not in the list %(value)s"),
    ),
    "not_in_list": (
        gettext_lazy("%(field)s is not in the list %(value)s"),
        gettext_lazy("%(field)s %(met)s is in the list %(value)s, which is excluded"),
    ),
    "greater_than": (
        gettext_lazy("%(field)s is greater than %(value)s"),
        gettext_lazy("%(field)s %(met)s is not greater than %(value)s"),
    ),
    "less_than": (
        gettext_lazy("%(field)s is less than %(value)s"),
        gettext_lazy("%(field)s %(met)s is not less than %(value)s"),
    ),
    "between": (
        gettext_lazy("%(field)s is between %(low)s and %(high)s"),
        gettext_lazy("%(field)s %(met)s is not between %(low)s and %(high)s"),
    ),
    "is_empty": (
        gettext_lazy("%(field)s is empty"),
        gettext_lazy("%(field)s is %(met)s, not empty"),
    ),
    "is_not_empty": (
        gettext_lazy("%(field)s is not empty"),
        gettext_lazy("%(field)s is empty"),
    ),
}
# The same for fields that hold several values, and for dates.
_MANY: dict[str, tuple["StrOrPromise", "StrOrPromise"]] = {
    "in_list": (
        gettext_lazy("%(field)s has one of %(value)s"),
        gettext_lazy("%(field)s %(met)s has none of %(value)s"),
    ),
    "not_in_list": (
        gettext_lazy("%(field)s has none of %(value)s"),
        gettext_lazy("%(field)s %(met)s has one of %(value)s, which is excluded"),
    ),
}
_DATES: dict[str, tuple["StrOrPromise", "StrOrPromise"]] = {
    "greater_than": (
        gettext_lazy("%(field)s is after %(value)s"),
        gettext_lazy("%(field)s %(met)s is not after %(value)s"),
    ),
    "less_than": (
        gettext_lazy("%(field)s is before %(value)s"),
        gettext_lazy("%(field)s %(met)s is not before %(value)s"),
    ),
}
_BY_TYPE = {"multi_select": _MANY, "date": _DATES, "datetime": _DATES}


def rules_words(document: object, fields: Mapping[str, FieldSpec]) -> str:
    """Rules as one sentence: "Postcode starts with “8” and …; or …".

    Raises nothing for what was typed and refused: a form shows it again.
    """
    if document == []:
        return _("Every lead matches")
    if not _has_shape(document):
        return _("This is not readable as rules")
    assert isinstance(document, list)
    alternatives = [
        _(" and ").join(condition_words(condition, fields) for condition in alternative)
        for alternative in document
    ]
    return _("; or ").join(alternatives)


def _has_shape(document: object) -> bool:
    """Whether all conditions can be put into words, whether or not they fit the fields."""
    if not isinstance(document, list) or not all(isinstance(each, list) for each in document):
        return False
    return all(
        isinstance(condition, dict)
        and isinstance(condition.get("field"), str)
        and isinstance(condition.get("op"), str)
        and condition["op"] in _SENTENCES
        for alternative in document
        for condition in alternative
    )


def condition_words(condition: Mapping[str, Any], fields: Mapping[str, FieldSpec]) -> str:
    """What one condition of a document asks: "Postcode starts with “8”"."""
    named = _named(condition, fields)
    return str(_sentences(condition, fields)[0]) % named


def miss_words(condition: Mapping[str, Any], met: object, fields: Mapping[str, FieldSpec]) -> str:
    """Why `met` failed the condition: "Postcode “10115” does not start with “8”"."""
    named = _named(condition, fields)
    if is_empty(met) and condition["op"] not in ("is_empty", "is_not_empty"):
        named["rule"] = condition_words(condition, fields)
        return _("%(field)s is empty, and the rule is: %(rule)s") % named
    return str(_sentences(condition, fields)[1]) % {**named, "met": value_words(met)}


def value_words(value: object) -> str:
    """A value within a sentence: text in quotes and cut, long lists shortened."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        value = [part for part in value.values() if not is_empty(part)]
    if isinstance(value, list | tuple):
        return _list_words(value)
    if value is None:
        return "–"
    text = scalar(value) or str(value)
    short = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    return f"“{short}”" if isinstance(value, str) else short


def _list_words(values: Sequence[object]) -> str:
    shown = ", ".join(value_words(value) for value in values[:LONGEST_LIST])
    more = len(values) - LONGEST_LIST
    if more <= 0:
        return shown
    return ngettext("%(values)s and %(count)d more", "%(values)s and %(count)d more", more) % {
        "values": shown,
        "count": more,
    }


def _named(condition: Mapping[str, Any], fields: Mapping[str, FieldSpec]) -> dict[str, str]:
    target = find(condition["field"], fields)
    value = condition.get("value")
    pair = value if isinstance(value, list) and len(value) == 2 else [None, None]
    return {
        "field": target.spec.label if target else condition["field"],
        "value": value_words(value),
        "low": value_words(pair[0]),
        "high": value_words(pair[1]),
    }


def _sentences(
    condition: Mapping[str, Any], fields: Mapping[str, FieldSpec]
) -> tuple["StrOrPromise", "StrOrPromise"]:
    target = find(condition["field"], fields)
    special = _BY_TYPE.get(target.type.key, {}) if target else {}
    return special.get(condition["op"], _SENTENCES[condition["op"]])
