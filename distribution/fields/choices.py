"""Choices: one of the options, several of them, yes or no."""

from collections.abc import Hashable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from distribution.fields.base import FieldError, FieldSpec, FieldType, fold, needed, quoted, to_text
from distribution.fields.contact import WHOLE
from distribution.fields.text import TEXT_OPERATORS, free_operand, read_text

MAX_CHOSEN = 1000
OPTIONS_NAMED = 8
_ANSWERS = {
    **dict.fromkeys(("true", "yes", "1", "on"), True),
    **dict.fromkeys(("false", "no", "0", "off"), False),
}


class SelectType(FieldType):
    """One of the field's options, found without regard to case and blanks, kept as the option is written."""

    key = "select"
    operators = TEXT_OPERATORS

    def parse(self, raw: object, spec: FieldSpec) -> str | None:
        text = to_text(raw)
        return (_option(text, spec) or _refuse(text, spec)) if text else None

    def read(self, value: object) -> str | None:
        return read_text(value)

    def operand(self, op: str, raw: object, spec: FieldSpec) -> Hashable:
        return super().operand(op, raw, spec) if op in WHOLE else free_operand(raw)


class MultiSelectType(FieldType):
    """Some of the options, in the options' order: from a list, or from text such as "Roof; Garden"."""

    key = "multi_select"
    operators = (
        "equals",
        "not_equals",
        "contains",
        "not_contains",
        "in_list",
        "not_in_list",
        "is_empty",
        "is_not_empty",
    )
    many = True

    def parse(self, raw: object, spec: FieldSpec) -> list[str] | None:
        if isinstance(raw, Mapping):
            raise FieldError(_("Send a list of options, or text with ; between them."))
        if isinstance(raw, list | tuple):
            texts = [text for text in map(to_text, raw[: MAX_CHOSEN + 1]) if text]
        else:
            texts = _split(to_text(raw), spec)
        if len(texts) > MAX_CHOSEN:
            raise FieldError(_("More than %(count)d options are chosen; send fewer."), count=MAX_CHOSEN)
        chosen = {_option(text, spec) or _refuse(text, spec) for text in texts}
        return [option for option in dict.fromkeys(spec.options) if option in chosen] or None

    def read(self, value: object) -> frozenset[str] | None:
        if not isinstance(value, list | tuple):
            return None
        return frozenset(text for text in map(read_text, value) if text) or None

    def operand(self, op: str, raw: object, spec: FieldSpec) -> Hashable:
        """A set of options for `equals`; for every other operator one option."""
        if op in ("equals", "not_equals"):
            return super().operand(op, raw, spec)
        text = to_text(raw)
        return needed(read_text((_option(text, spec) or _refuse(text, spec)) if text else None))


class CheckboxType(FieldType):
    """Yes or no. No answer at all is empty, which is not the same as no."""

    key = "checkbox"
    operators = ("equals", "not_equals", "is_empty", "is_not_empty")

    def parse(self, raw: object, spec: FieldSpec) -> bool | None:
        text = to_text(raw)
        if not text:
            return None
        answer = _ANSWERS.get(fold(text))
        if answer is None:
            raise FieldError(
                _("%(value)s is neither true nor false; write one of them."), value=quoted(raw, spec)
            )
        return answer

    def read(self, value: object) -> bool | None:
        return value if isinstance(value, bool) else None


def _squash(text: str) -> str:
    return "".join(fold(text).split())


@lru_cache(maxsize=512)
def _index(options: tuple[str, ...]) -> dict[str, str]:
    return {_squash(option): option for option in reversed(options)}


def _option(text: str, spec: FieldSpec) -> str | None:
    return text if text in spec.options else _index(spec.options).get(_squash(text))


def _refuse(text: str, spec: FieldSpec) -> str:
    """Always raises FieldError, naming the options that are nearest to `text` first."""
    if not spec.options:
        raise FieldError(_("%(label)s has no options yet; add them on the entity's page."), label=spec.label)
    wanted = _squash(text[:100])
    nearest = sorted(spec.options, key=lambda option: -SequenceMatcher(None, wanted, _squash(option)).ratio())
    named = ", ".join(f"“{option}”" for option in nearest[:OPTIONS_NAMED])
    more = len(nearest) - OPTIONS_NAMED
    if more > 0:
        message = _("%(value)s is not an option; use %(options)s or one of %(more)d others.")
    else:
        message = _("%(value)s is not an option; use %(options)s.")
    raise FieldError(message, value=quoted(text, spec), options=named, more=more)


def _split(text: str, spec: FieldSpec) -> list[str]:
    """The options named in `text`, joined by ; or else by commas; an option may itself hold the sign."""
    if not text or _option(text, spec):
        return [text] if text else []
    sign = ";" if ";" in text else ","
    pieces = text.split(sign)[: MAX_CHOSEN + 1]
    longest = 1 + max((option.count(sign) for option in spec.options), default=0)
    found: list[str] = []
    while pieces:
        spans = range(min(longest, len(pieces)), 1, -1)
        span = next((n for n in spans if _option(sign.join(pieces[:n]).strip(), spec)), 1)
        found.append(sign.join(pieces[:span]).strip())
        pieces = pieces[span:]
    return [text for text in found if text]
