"""The webhook channel: one HTTP call a lead, signed where the partner asked for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from delivery.channels.base import Configuration, Message, Parcel, Receipt, Temporary
from delivery.http import Call, Sender
from delivery.meaning import refused, taken
from delivery.payload import body
from delivery.signing import SigningError, sign
from leadflip import VERSION
from partners.kinds.webhook import METHODS, WebhookConfig
from partners.outgoing import OutgoingError, Target, check_headers, target

USER_AGENT = f"Leadflip/{VERSION}"
# Marks a test lead for the partner; no header of the partner's own can have this name.
TEST = {"webhook-test": "true"}
SIGNED_HEADERS = ("webhook-timestamp", "webhook-signature")


class WebhookChannel:
    """Holds the way out: one a process and event loop."""

    def __init__(self) -> None:
        self._sender = Sender()

    def render(self, parcel: Parcel[WebhookConfig]) -> Message:
        """The body and all headers that may be shown; `joining` names the rest.

        Raises Configuration where the URL or the method is unusable.
        """
        config = parcel.config
        if config.method not in METHODS:
            raise _unusable(_("The method %s is not one that webhooks use.") % config.method)
        url = _target(config).url
        data, content_type = body(parcel)
        return Message(
            body=data,
            content_type=content_type,
            method=config.method,
            url=url,
            headers={
                "content-type": content_type,
                "user-agent": USER_AGENT,
                "accept-encoding": "identity",
                "webhook-id": str(parcel.id),
                **(TEST if parcel.test else {}),
            },
            joining=(*config.headers, *(SIGNED_HEADERS if config.signing else ())),
        )

    async def send(self, message: Message, parcel: Parcel[WebhookConfig]) -> Receipt:
        """See Channel, `delivery.http.Sender.send` and `delivery.meaning`."""
        headers = {**_custom(parcel), **message.headers, **_signed(message, parcel)}
        call = Call(message.method, _target(parcel.config), headers, message.body, parcel.timeout, parcel.now)
        try:
            receipt = await self._sender.send(call)
        except Temporary as error:
            raise refused(error, parcel) from None
        return taken(receipt, parcel)

    async def close(self) -> None:
        """Closes the connections."""
        await self._sender.close()


def _target(config: WebhookConfig) -> Target:
    try:
        return target(config.url, tuple(settings.OUTGOING_ALLOW))
    except OutgoingError as error:
        raise _unusable(str(error)) from None


def _custom(parcel: Parcel[WebhookConfig]) -> dict[str, str]:
    """The stored headers, checked again."""
    values = parcel.secrets.get("headers") or {}
    headers = dict(_stored(parcel.config.headers, values))
    try:
        check_headers(headers)
    except OutgoingError as error:
        raise _unusable(str(error)) from None
    return headers


def _stored(names: tuple[str, ...], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in names:
        if name not in values:
            raise _unusable(
                _("The header %s has no stored value: type it again in the delivery settings.") % name
            )
        yield name, values[name]


def _signed(message: Message, parcel: Parcel[WebhookConfig]) -> dict[str, str]:
    """The headers of Standard Webhooks; the timestamp is this attempt's, the id stays the job's."""
    if not parcel.config.signing:
        return {}
    stamp, secrets = int(parcel.now.timestamp()), parcel.secrets.get("signing") or ()
    try:
        signature = sign(secrets, message.headers["webhook-id"], stamp, message.body)
    except SigningError:
        raise _unusable(
            _("Signing is on without a usable secret: make a new one in the delivery settings.")
        ) from None
    return {"webhook-timestamp": str(stamp), "webhook-signature": signature}


def _unusable(text: str) -> Configuration:
    return Configuration("settings", text)
