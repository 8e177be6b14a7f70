"""What would be sent, made by the channels' own `render` and stored nowhere.

Nothing is opened for the eye: masked fields of a real lead are masked before they are rendered.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from django.utils.translation import gettext as _

from delivery.channels import makers
from delivery.channels.base import Lettering, Message, Parcel
from delivery.letter.lines import lines
from leadflip.kit import clock, show
from leadflip.kit.crypto import SealError
from leadflip.kit.ids import uuid7
from partners.draft import Draft
from partners.kinds import KINDS
from partners.sheet import Sheet, Ticks

SHAPES = {
    "webhook-timestamp": _("seconds since 1970, at each attempt"),
    "webhook-signature": f"v1,{show.MASK}",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown of a message. `fields`: label and text of each value, where nothing is rendered."""

    kind: str
    target: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    size: int = 0
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def preview(draft: Draft, sheet: Sheet) -> Preview:
    """The message that these settings make of a lead: one that is made up, or `masked`.

    Raises DeliveryError as `render` does.
    """
    parcel = _parcel(draft, sheet)
    message = makers()[draft.kind]().render(parcel)
    return _SHOWN[draft.kind](message, parcel)


def masked(sheet: Sheet) -> Sheet:
    """The sheet of a real lead with a mask in each masked value's place, of the value's own shape."""
    sensitive = {column.key for column in sheet.columns if column.sensitive}
    try:
        hidden = {key: _mask(value) for key, value in sheet.opener().items()} if sheet.opener else {}
    except SealError:
        hidden = {column.key: show.MASK for column in sheet.columns if column.encrypted}
    return Sheet(
        lead_id=sheet.lead_id,
        entity_id=sheet.entity_id,
        entity=sheet.entity,
        display_field=sheet.display_field,
        created_at=sheet.created_at,
        columns=sheet.columns,
        values={key: _mask(value) if key in sensitive else value for key, value in sheet.values.items()},
        opener=lambda: hidden,
    )


def _mask(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict.fromkeys(value, show.MASK)
    return [show.MASK] * len(value) if isinstance(value, list) else show.MASK


def _parcel(draft: Draft, sheet: Sheet) -> Parcel[Any]:
    now = clock.now()
    return Parcel(
        id=uuid7(now),
        attempt=1,
        lead_id=sheet.lead_id,
        entity=sheet.entity,
        entity_id=sheet.entity_id,
        partner_id=0,
        settings_id=0,
        lead_created_at=sheet.created_at,
        cells=sheet.ticked(Ticks.of(draft.everything, draft.per_entity, sheet.entity_id)),
        config=KINDS[draft.kind].load(draft.config),
        secrets={},
        lettering=Lettering.of(draft.per_entity, sheet.entity_id),
        display_field=sheet.display_field,
        now=now,
    )


def _webhook(message: Message, parcel: Parcel[Any]) -> Preview:
    joined = ((name, SHAPES.get(name, show.MASK)) for name in message.joining)
    return Preview(
        kind="webhook",
        target=f"{message.method} {message.url}",
        headers=(*message.headers.items(), *joined),
        text=_readable(message),
        size=len(message.body),
    )


def _readable(message: Message) -> str:
    """JSON with line breaks, a form's pairs line by line; the bytes that are sent have neither."""
    text = message.body.decode("utf-8", "replace")
    if message.content_type == "application/json":
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text.replace("&", "&\n")


def _email(message: Message, parcel: Parcel[Any]) -> Preview:
    letter = message_from_bytes(message.body, policy=policy.default)
    return Preview(
        kind="email",
        target=str(letter["To"] or ""),
        subject=message.subject,
        text=_part(letter, "plain"),
        html=_part(letter, "html"),
        size=len(message.body),
    )


def _part(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _portal(message: Message, parcel: Parcel[Any]) -> Preview:
    return Preview(kind="portal", fields=tuple(lines(parcel.cells)))


_SHOWN = {"webhook": _webhook, "email": _email, "portal": _portal}
