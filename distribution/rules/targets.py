"""What a condition may compare: a field, or one part of an address field."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from distribution.fields import TYPES, FieldSpec, FieldType
from distribution.fields.address import PARTS, part_spec
from partners.sheet import ADDRESS_PARTS

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Target:
    """`key` is the field's, or `field.part`; `part` is "" for a whole field."""

    key: str
    spec: FieldSpec
    type: FieldType
    field: str
    part: str = ""

    def value(self, facts: Facts) -> object:
        """What the lead holds there, None where nothing. Never raises."""
        whole = facts.get(self.field)
        if not self.part:
            return whole
        return whole.get(self.part) if isinstance(whole, dict) else None


def find(key: str, fields: Mapping[str, FieldSpec]) -> Target | None:
    """The target named `key`, None where there is none."""
    name, dot, part = key.partition(".")
    spec = fields.get(name)
    if spec is None:
        return None
    if not dot:
        return Target(key, spec, TYPES[spec.type], name)
    if spec.type != "address" or part not in PARTS:
        return None
    return Target(key, part_spec(spec, part), PARTS[part], name, part)


def targets(fields: Mapping[str, FieldSpec]) -> list[Target]:
    """All targets in the fields' order, each address before its parts; encrypted fields among them."""
    found = []
    for spec in fields.values():
        found.append(Target(spec.key, spec, TYPES[spec.type], spec.key))
        if spec.type == "address":
            found += [
                Target(f"{spec.key}.{part}", part_spec(spec, part), PARTS[part], spec.key, part)
                for part in ADDRESS_PARTS
            ]
    return found


def nearest(name: str, fields: Mapping[str, FieldSpec]) -> str | None:
    """The target whose key or label is most like `name`; encrypted ones are left out."""
    keys: dict[str, str] = {}
    for field in fields.values():
        if not field.encrypted:
            keys |= {field.label.casefold(): field.key, field.key: field.key}
            if field.type == "address":
                keys |= {f"{field.key}.{part}": f"{field.key}.{part}" for part in ADDRESS_PARTS}
    found = get_close_matches(name.casefold()[:100], keys, n=1)
    return keys[found[0]] if found else None
