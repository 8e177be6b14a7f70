"""Examples that run as shown, made from the entities that there are, for those who may know of them."""

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from distribution import keys, sample
from distribution.api.auth import sent_key
from distribution.catalogue import EntitySpec, entities
from partners.models import Revision

MOST = 10


@dataclass(frozen=True)
class Example:
    """One entity's requests. They are test leads, so that trying them sends nobody anything."""

    slug: str
    name: str
    lead: dict[str, Any]
    needed: dict[str, Any]

    @cached_property
    def batch(self) -> dict[str, Any]:
        """Two leads: one with everything, one with what must be there."""
        rows = [{k: v for k, v in row.items() if k != "entity"} for row in (self.lead, self.needed)]
        return {"entity": self.slug, "batch": rows}

    @cached_property
    def form(self) -> dict[str, Any]:
        """The lead as a form has it: side by side, the parts of an address too."""
        flat: dict[str, Any] = {}
        for name, value in self.lead.items():
            parts = value.items() if isinstance(value, dict) else [("", value)]
            flat.update({f"{name}.{part}" if part else name: _typed(inner) for part, inner in parts})
        return flat

    @property
    def curl(self) -> list[str]:
        """The lead as curl's arguments, one a line."""
        return [_json(self.lead)]

    @property
    def curl_of_batch(self) -> list[str]:
        """The batch."""
        return [_json(self.batch)]

    @property
    def curl_of_form(self) -> list[str]:
        """The form; a name with several values stands there several times."""
        pairs = [
            (name, one)
            for name, value in self.form.items()
            for one in (value if isinstance(value, list) else [value])
        ]
        return [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in pairs]


# What everybody sees: no entity of this installation.
NEUTRAL = Example(
    "your-entity",
    "Your entity",
    {
        "entity": "your-entity",
        "first_name": "Ana",
        "email": "ana@example.com",
        "address": {"postcode": "80331", "city": "Munich"},
        "test": True,
    },
    {"entity": "your-entity", "email": "ana@example.com", "test": True},
)


def shown_to(request: HttpRequest) -> list[Example]:
    """The entities' examples, ten at most: all for the staff, those of the API key that is sent, or none."""
    allowed = _allowed(request)
    if allowed is None:
        return []
    known = [each for each in entities(Revision.current()).values() if not allowed or each.id in allowed]
    return [of(each) for each in known[:MOST]]


def of(entity: EntitySpec) -> Example:
    """Made-up values of every field, as a source sends them."""
    made = sample.values(entity)
    values = {**made.values, **made.hidden}
    lead = {key: values[key] for key in entity.fields if key in values}
    needed = {key: value for key, value in lead.items() if entity.fields[key].required}
    named, test = {"entity": entity.slug}, {"test": True}
    return Example(
        entity.slug,
        entity.name,
        {**named, **lead, **test},
        {**named, **(needed or dict(list(lead.items())[:1])), **test},
    )


def by_kind(examples: Sequence[Example]) -> dict[str, dict[str, Any]]:
    """By operation and content type, what OpenAPI calls `examples`."""
    return {
        "post_lead": {
            "application/json": _named(examples, lambda each: each.lead),
            "application/x-www-form-urlencoded": _named(examples, lambda each: each.form),
        },
        "post_leads": {"application/json": _named(examples, lambda each: each.batch)},
    }


def _allowed(request: HttpRequest) -> frozenset[int] | None:
    """Ids of the entities, none for all of them; None for whoever is not to know any."""
    if request.user.is_authenticated and request.user.is_staff:
        return frozenset()
    plain = sent_key(request)
    key = keys.find(plain) if plain else None
    return None if key is None or key.revoked_at else key.entity_ids


def _named(examples: Sequence[Example], body: Callable[[Example], object]) -> dict[str, Any]:
    return {each.slug: {"summary": each.name, "value": body(each)} for each in examples}


def _json(body: object) -> str:
    return f"--json {shlex.quote(json.dumps(body, ensure_ascii=False, indent=2))}"


def _typed(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
