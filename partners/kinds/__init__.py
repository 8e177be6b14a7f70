"""The delivery methods: one line a kind."""

from typing import Any

from partners.kinds.base import KindSpec
from partners.kinds.email import EmailKind
from partners.kinds.portal import PortalKind

KINDS: dict[str, KindSpec[Any]] = {
    EmailKind.key: EmailKind(),
    PortalKind.key: PortalKind(),
}
