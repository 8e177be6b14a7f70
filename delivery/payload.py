"""A webhook's body: the ticked cells, or what the payload shape makes of them, serialised once."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from delivery.channels.base import Configuration, Parcel
from leadflip.kit import clock, jsonbytes
from partners.kinds.webhook import WebhookConfig
from partners.sheet import Column
from partners.templating import Shape, TemplateError, TemplateErrors, compile_shape, facts, targets

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


def body(parcel: Parcel[WebhookConfig]) -> tuple[bytes, str]:
    """The bytes to send and their content type. Raises Configuration where a shape cannot be used."""
    if parcel.config.format == "form":
        return urlencode(list(_pairs(parcel))).encode("ascii"), FORM_TYPE
    return jsonbytes.written(_document(parcel)), JSON_TYPE


def _head(parcel: Parcel[WebhookConfig]) -> dict[str, Any]:
    return {
        "lead_id": str(parcel.lead_id),
        "entity": parcel.entity,
        "created_at": clock.iso(parcel.lead_created_at),
    }


def _document(parcel: Parcel[WebhookConfig]) -> Any:
    """The shape's, else one flat object; the fields cannot take a name of ours."""
    if parcel.lettering.shape:
        return _shaped(parcel)
    return {**{cell.key: cell.value for cell in parcel.cells}, **_head(parcel)}


def _pairs(parcel: Parcel[WebhookConfig]) -> Iterator[tuple[str, str]]:
    if parcel.lettering.shape:
        named = _shaped(parcel).items()
    else:
        named = [*_head(parcel).items(), *((cell.key, cell.value) for cell in parcel.cells)]
    for name, value in named:
        yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Flat names, a repeated one for each item; what is missing is left out."""
    if isinstance(value, dict):
        for part, each in value.items():
            yield from _flat(f"{name}.{part}", each)
    elif isinstance(value, list):
        for each in value:
            yield from _flat(name, each)
    elif value is not None:
        yield name, _text(value)


def _text(value: Any) -> str:
    """As JSON writes it: true, 1.5."""
    return value if isinstance(value, str) else json.dumps(value)


def _shaped(parcel: Parcel[WebhookConfig]) -> Any:
    columns = tuple((cell.key, cell.type) for cell in parcel.cells)
    try:
        shape = _shape(parcel.lettering.shape, parcel.config.format == "form", columns)
        return shape.value((*facts(parcel.lead_id, parcel.entity, parcel.lead_created_at), *parcel.cells))
    except TemplateErrors as errors:
        fault: object = errors.problems[0]
    except TemplateError as error:
        fault = error
    text = _("The payload shape cannot be used: %(fault)s") % {"fault": fault}
    raise Configuration("template", text, endpoint=False)


@lru_cache(maxsize=1024)
def _shape(source: str, flat: bool, columns: tuple[tuple[str, str], ...]) -> Shape:
    """Checked once against what is ticked, not for each lead."""
    return compile_shape(source, targets(Column(key, key, kind) for key, kind in columns), flat=flat)
