"""A webhook's body by the entity's payload shape."""

import json
from typing import Any

import pytest

from delivery.channels.base import Configuration, Lettering
from delivery.channels.webhook import WebhookChannel
from delivery.payload import body
from partners.kinds.webhook import WebhookConfig
from partners.sheet import Cell
from tests.delivery.test_webhook import ADDRESS, LEAD, parcel

JSON = WebhookConfig("https://crm.example.com/")
FORM = WebhookConfig("https://crm.example.com/", format="form")


def sent(shape: str, config: WebhookConfig = JSON, **more: Any) -> bytes:
    return body(parcel(config, lettering=Lettering(shape=shape), **more))[0]


def refused(shape: str, config: WebhookConfig = JSON, **more: Any) -> Configuration:
    with pytest.raises(Configuration) as caught:
        WebhookChannel().render(parcel(config, lettering=Lettering(shape=shape), **more))
    return caught.value


def test_shape_is_the_whole_body() -> None:
    found = sent(
        '{"id": "{{ lead.lead_id }}", "rooms": "{{ lead.rooms }}", "at": "{{ lead.address }}", "v": 2}'
    )
    assert json.loads(found) == {"id": str(LEAD), "rooms": 3, "at": ADDRESS, "v": 2}
    assert json.loads(sent('["{{ lead.first_name }}"]')) == ["Zoë"]


def test_form_is_flat_with_repeated_names() -> None:
    found = sent(
        '{"name": "{{ lead.first_name }}", "n": "{{ lead.rooms }}", "own": "{{ lead.owner }}", "c": 1.5,'
        '"tag": "{{ lead.interests }}", "a": "{{ lead.address }}",'
        '"mail": "{{ lead.email }}", "x": ["p", "q"]}',
        FORM,
    )
    assert found.decode() == (
        "name=Zo%C3%AB&n=3&own=true&c=1.5&tag=solar&tag=heat+pump&a.street=Main+St&a.house_number=12"
        "&a.city=Z%C3%BCrich&a.latitude=47.37&x=p&x=q"
    )


def test_text_in_a_value_cannot_leave_its_place() -> None:
    cells = (Cell("notes", "Notes", "textarea", '", "admin": true, "x": "\\'),)
    document = json.loads(sent('{"n": "{{ lead.notes }}", "m": "<{{ lead.notes }}>"}', cells=cells))
    assert document == {"n": cells[0].value, "m": f"<{cells[0].value}>"}


def test_what_is_no_longer_ticked_is_a_template_error() -> None:
    error = refused('{"a": "{{ lead.first_name }}"}', cells=(Cell("rooms", "Rooms", "number", 3),))
    assert (error.error_class, error.endpoint) == ("template", False)
    assert error.text.startswith("The payload shape cannot be used: Line 1, column 11: There is no field")


def test_bound_is_a_template_error_without_the_value() -> None:
    cells = (Cell("notes", "Notes", "textarea", "secret" * 12_000),)
    error = refused('["{{ lead.notes }}"]', cells=cells)
    assert error.text == "The payload shape cannot be used: The value of lead.notes is over 64 KiB."


def test_nested_shape_is_refused_for_a_form() -> None:
    assert "flat" in refused('{"a": {"b": 1}}', FORM).text
