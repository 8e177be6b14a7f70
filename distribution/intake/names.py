"""Which field an input means: its key or its label, ignoring case, spaces, `_` and `-`."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _

from distribution.fields.base import FieldSpec, is_empty
from partners.sheet import ADDRESS_PARTS

RESERVED = (
    "entity",
    "source",
    "note",
    "status",
    "test",
    "consent_text",
    "consent_at",
    "consent_ip",
    "consent_url",
)
# Names of one entity that are remembered: more than any source sends, less than a hostile one might.
MOST_ASKED = 1000
# The same for the names of a whole body, and how many of those it may have.
MOST_TOGETHER, MOST_NAMES = 100, 100
_LOOSE = re.compile(r"[\s_-]+")


def loosely(name: str) -> str:
    """`name` without case, spaces, `_` and `-`."""
    return _LOOSE.sub("", unicodedata.normalize("NFC", name)).casefold()


_RESERVED = {loosely(name): name for name in RESERVED}
_PARTS = {loosely(part): part for part in ADDRESS_PARTS}


@dataclass
class Matched:
    """Raw values by field key, an address's as an object of its parts; reserved ones apart."""

    reserved: dict[str, object] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=dict)


class Target(NamedTuple):
    """What a name means: a reserved one, or fields, one of them if all is well, and the address part."""

    reserved: str | None
    keys: list[str]
    part: str


class Plain(NamedTuple):
    """Names of which no two mean the same: where each value goes, as (name, where).

    `addresses`: names of whole addresses, whose value may be an object of parts.
    """

    reserved: list[tuple[str, str]]
    values: list[tuple[str, str]]
    addresses: list[tuple[str, str]]
    ignored: list[str]


class Names:
    """The names of one entity's fields. A key goes before a label, a reserved name before both."""

    def __init__(self, specs: Collection[FieldSpec]) -> None:
        self._types = {spec.key: spec.type for spec in specs}
        self._keys: dict[str, list[str]] = defaultdict(list)
        self._labels: dict[str, list[str]] = defaultdict(list)
        # What was asked before: a source sends the same names with every lead.
        self._asked: dict[str, Target] = {}
        self._together: dict[tuple[str, ...], Plain | None] = {}
        for spec in specs:
            self._keys[loosely(spec.key)].append(spec.key)
            self._labels[loosely(spec.label)].append(spec.key)

    def keys(self, name: str) -> list[str]:
        """The fields that `name` may mean: one, none, or several if it is ambiguous."""
        if name in self._types:
            return [name]
        loose = loosely(name)
        return self._keys.get(loose) or self._labels.get(loose) or []

    def target(self, name: str) -> Target:
        """The fields that `name` may mean, and the address part; none for an unknown part."""
        found = self._asked.get(name)
        if found is None:
            found = self._target(name)
            if len(self._asked) < MOST_ASKED:
                self._asked[name] = found
        return found

    def _target(self, name: str) -> Target:
        own = reserved(name)
        if own:
            return Target(own, [], "")
        whole = self.keys(name)
        before, dot, after = name.partition(".")
        if whole or not dot:
            return Target(None, whole, "")
        part = _PARTS.get(loosely(after), "")
        return Target(None, [key for key in self.keys(before) if part and self.is_address(key)], part)

    def plain(self, names: tuple[str, ...]) -> Plain | None:
        """What the names of one body mean; None where two mean the same, one several fields, or a part."""
        if names in self._together:
            return self._together[names]
        found = self._plain(names)
        if len(self._together) < MOST_TOGETHER and len(names) <= MOST_NAMES:
            self._together[names] = found
        return found

    def _plain(self, names: tuple[str, ...]) -> Plain | None:
        targets = [(name, self.target(name)) for name in names]
        meant = [target.reserved or tuple(target.keys) for _name, target in targets if any(target)]
        if len(set(meant)) < len(meant) or any(len(to.keys) > 1 or to.part for _name, to in targets):
            return None
        fields = [(name, to.keys[0]) for name, to in targets if to.keys]
        return Plain(
            [(name, to.reserved) for name, to in targets if to.reserved],
            [(name, key) for name, key in fields if not self.is_address(key)],
            [(name, key) for name, key in fields if self.is_address(key)],
            [name for name, to in targets if not (to.reserved or to.keys)],
        )

    def is_address(self, key: str) -> bool:
        """Whether the field `key` has parts."""
        return self._types[key] == "address"


def reserved(name: str) -> str | None:
    """The reserved name that `name` is, if it is one."""
    return _RESERVED.get(loosely(name))


def match(body: Mapping[str, object], names: Names) -> Matched:
    """Sorts the inputs of `body` to the fields; what means nothing stands in `ignored`."""
    plain = names.plain(tuple(body))
    return (plain and _placed(body, plain)) or _Matching(names).run(body)


def _placed(body: Mapping[str, object], plain: Plain) -> Matched | None:
    """None where an address's own names need a closer look."""
    values = {key: body[name] for name, key in plain.values}
    for name, key in plain.addresses:
        value = body[name]
        if isinstance(value, Mapping):
            parts = _parts(tuple(value))
            if not parts:
                return None
            value = {part: value[sub] for sub, part in parts}
        values[key] = value
    reserved = {own: body[name] for name, own in plain.reserved}
    return Matched(reserved, values, [*plain.ignored])


@lru_cache(maxsize=MOST_TOGETHER)
def _parts(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """The address part that each name means; empty where one means none, or two the same."""
    found = [(name, part) for name in names if (part := _PARTS.get(loosely(name)))]
    return found if len({part for _name, part in found}) == len(names) else []


class _Matching:
    """One body on its way. `_met` holds, by field and address part, every input that means it."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._out = Matched()
        self._met: dict[tuple[str, str], list[tuple[str, object]]] = defaultdict(list)

    def run(self, body: Mapping[str, object]) -> Matched:
        taken: dict[str, list[tuple[str, object]]] = defaultdict(list)
        for name, value in body.items():
            target = self._names.target(name)
            if target.reserved:
                taken[target.reserved].append((name, value))
            else:
                self._sort(name, value, target)
        for own, inputs in taken.items():
            self._one(own, inputs, self._out.reserved)
        self._assemble()
        return self._out

    def _sort(self, name: str, value: object, target: Target) -> None:
        _own, keys, part = target
        if not keys:
            self._out.ignored.append(name)
        elif len(keys) > 1:
            self._refuse(name, _("“%(name)s” may mean %(keys)s: use the key."), name=name, keys=_and(keys))
        elif self._names.is_address(keys[0]) and isinstance(value, Mapping) and not part:
            self._open(keys[0], name, value)
        else:
            self._met[keys[0], part].append((name, value))

    def _open(self, key: str, name: str, value: Mapping[str, object]) -> None:
        for sub, inner in value.items():
            part = _PARTS.get(loosely(sub))
            if part:
                self._met[key, part].append((f"{name}.{sub}", inner))
            else:
                self._out.ignored.append(f"{name}.{sub}")

    def _assemble(self) -> None:
        parts: dict[str, dict[str, object]] = defaultdict(dict)
        for (key, part), inputs in self._met.items():
            if part:
                self._one(part, inputs, parts[key], f"{key}.{part}")
            else:
                self._one(key, inputs, self._out.values)
        for key, known in parts.items():
            self._join(key, known)

    def _join(self, key: str, parts: dict[str, object]) -> None:
        """Parts beside a whole value: the whole one may only be empty."""
        if key in self._out.values and not is_empty(self._out.values[key]):
            self._refuse(key, _("%(key)s is there whole and in parts: send one of them."), key=key)
        self._out.values[key] = parts

    def _one(
        self, own: str, inputs: list[tuple[str, object]], into: dict[str, object], key: str = ""
    ) -> None:
        into[own] = inputs[0][1]
        if len(inputs) > 1:
            both = _and([f"“{name}”" for name, _value in inputs])
            message = _("%(names)s mean the same field, %(key)s: send one of them.")
            self._refuse(key or own, message, names=both, key=key or own)

    def _refuse(self, field: str, message: str, **params: str) -> None:
        self._out.errors.setdefault(field, []).append(message % params)


def _and(words: list[str]) -> str:
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
