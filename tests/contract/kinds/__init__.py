"""The kits of the contract suite: one line a kind."""

from tests.contract.kinds.email import EmailKit
from tests.contract.kinds.portal import PortalKit
from tests.contract.kinds.webhook import WebhookKit
from tests.contract.kit import Kit

KITS: dict[str, type[Kit]] = {
    EmailKit.key: EmailKit,
    WebhookKit.key: WebhookKit,
    PortalKit.key: PortalKit,
}
