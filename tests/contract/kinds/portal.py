"""The portal's kit: the other side is the partner's feed in our own database."""

from contextlib import ExitStack
from typing import Any

from django.forms.models import model_to_dict

from delivery.channels.portal import PortalChannel
from partners.kinds.portal import PortalConfig
from portal.models import Entry
from tests.contract.kit import Kit
from tests.factories import DeliverySettingsFactory, LeadFactory


class PortalKit(Kit):
    key = "portal"
    pushes = False
    refusable = False
    tables = frozenset({"portal_entry"})

    def start(self, stack: ExitStack) -> None:
        """The database is there already."""

    def channel(self) -> PortalChannel:
        return PortalChannel()

    def config(self) -> PortalConfig:
        return PortalConfig()

    def owners(self) -> dict[str, Any]:
        settings, lead = DeliverySettingsFactory.create(kind="portal"), LeadFactory.create()
        return {
            "lead_id": lead.pk,
            "partner_id": settings.partner_id,
            "settings_id": settings.pk,
            "entity_id": lead.entity_id,
        }

    def arrived(self) -> list[str]:
        return [str(model_to_dict(entry)) for entry in Entry.objects.all()]

    def ids(self) -> list[str]:
        return [str(entry.pk) for entry in Entry.objects.all()]
