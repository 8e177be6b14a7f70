"""The operators as a form offers them, in the words that `words.py` puts into its sentences."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_LABELS: dict[str, "StrOrPromise"] = {
    "equals": _("is"),
    "not_equals": _("is not"),
    "contains": _("contains"),
    "not_contains": _("does not contain"),
    "starts_with": _("starts with"),
    "in_list": _("is in the list"),
    "not_in_list": _("is not in the list"),
    "greater_than": _("is greater than"),
    "less_than": _("is less than"),
    "between": _("is between"),
    "is_empty": _("is empty"),
    "is_not_empty": _("is not empty"),
}
_DATES: dict[str, "StrOrPromise"] = {"greater_than": _("is after"), "less_than": _("is before")}
_MANY: dict[str, "StrOrPromise"] = {
    "equals": _("is exactly"),
    "not_equals": _("is not exactly"),
    "in_list": _("has one of"),
    "not_in_list": _("has none of"),
}
_BY_TYPE = {"multi_select": _MANY, "date": _DATES, "datetime": _DATES}


def operator_label(op: str, type_key: str) -> str:
    """What an operator is called for a field of this type."""
    return str(_BY_TYPE.get(type_key, {}).get(op, _LABELS[op]))
