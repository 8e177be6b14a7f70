"""A webhook's body: the ticked cells, serialised once."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from delivery.channels.base import Parcel
from leadflip.kit import clock
from partners.kinds.webhook import WebhookConfig
from partners.sheet import Cell

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def body(parcel: Parcel[WebhookConfig]) -> tuple[bytes, str]:
    """The bytes to send and their content type."""
    if parcel.config.format == "form":
        return urlencode(list(_pairs(parcel))).encode("ascii"), FORM_TYPE
    return ENCODER.encode(_document(parcel)).encode("utf-8", "replace"), JSON_TYPE


def _head(parcel: Parcel[WebhookConfig]) -> dict[str, Any]:
    return {
        "lead_id": str(parcel.lead_id),
        "entity": parcel.entity,
        "created_at": clock.iso(parcel.lead_created_at),
    }


def _document(parcel: Parcel[WebhookConfig]) -> dict[str, Any]:
    """One flat object; the fields cannot take a name of ours."""
    return {**{cell.key: cell.value for cell in parcel.cells}, **_head(parcel)}


def _pairs(parcel: Parcel[WebhookConfig]) -> Iterator[tuple[str, str]]:
    yield from _head(parcel).items()
    for cell in parcel.cells:
        yield from _cell_pairs(cell)


def _cell_pairs(cell: Cell) -> Iterator[tuple[str, str]]:
    """Flat names, a repeated one for each choice; what is missing is left out."""
    if isinstance(cell.value, dict):
        named = [(f"{cell.key}.{part}", value) for part, value in cell.value.items()]
    elif isinstance(cell.value, list):
        named = [(cell.key, value) for value in cell.value]
    else:
        named = [(cell.key, cell.value)]
    return ((name, _text(value)) for name, value in named if value is not None)


def _text(value: Any) -> str:
    """As JSON writes it: true, 1.5."""
    return value if isinstance(value, str) else json.dumps(value)
