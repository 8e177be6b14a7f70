"""From a body to a lead that may be stored: names, values, and what it says of itself."""

from collections.abc import Mapping
from typing import NamedTuple

from distribution.catalogue import EntitySpec
from distribution.intake import about, digests, names, validate
from distribution.intake.about import About
from distribution.intake.digests import Keyed
from distribution.intake.errors import IntakeError
from distribution.intake.origin import Origin
from distribution.intake.validate import Cleaned


class Ready(NamedTuple):
    """A lead that may be stored, and `sent`: the raw values by field key, with which another is updated."""

    about: About
    cleaned: Cleaned
    keys: list[Keyed]
    ignored: list[str]
    sent: Mapping[str, object]


def read(entity: EntitySpec, origin: Origin, body: Mapping[str, object]) -> Ready:
    """Raises IntakeError with the messages of every field at fault."""
    matched = names.match(body, entity.names)
    cleaned = validate.clean(entity.fields, matched.values)
    errors = {**cleaned.errors, **matched.errors}
    said = about.read(matched.reserved, origin.name, errors)
    if errors:
        raise IntakeError(errors)
    keys = digests.keyed(entity.keyed, cleaned.values, cleaned.hidden)
    return Ready(said, cleaned, keys, matched.ignored, matched.values)
