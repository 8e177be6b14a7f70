"""Delivery in the partner portal: nothing is pushed, so there is nothing to configure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from partners.kinds.base import KindForm, KindSpec


@dataclass(frozen=True, slots=True)
class PortalConfig:
    """No connection: the lead appears in the partner's feed."""


class PortalForm(KindForm):
    """No fields."""


class PortalKind(KindSpec[PortalConfig]):
    """The partner portal."""

    key = "portal"
    label = _("Portal")
    best_for = _("Partners who prefer to review and import leads themselves")
    about = _(
        "Nothing is pushed: each lead appears in the partner's portal feed, to accept, reject or download."
    )
    form = PortalForm

    def load(self, config: Mapping[str, Any]) -> PortalConfig:
        return PortalConfig()
