"""The delivery methods: one line a kind."""

from typing import Any

from partners.kinds.base import KindSpec
from partners.kinds.email import EmailKind
from partners.kinds.portal import PortalKind
from partners.kinds.webhook import WebhookKind

KINDS: dict[str, KindSpec[Any]] = {
    EmailKind.key: EmailKind(),
    WebhookKind.key: WebhookKind(),
    PortalKind.key: PortalKind(),
}
