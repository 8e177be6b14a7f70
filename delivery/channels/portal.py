"""The portal channel: nothing is pushed, the lead appears in the partner's feed."""

from decimal import Decimal

from django.utils.translation import gettext as _

from delivery.channels.base import Message, Parcel, Receipt
from delivery.threads import Threads
from partners.kinds.portal import PortalConfig
from portal import services

THREADS = 2


class PortalChannel:
    """Publishes to the feed, once a job however often it is asked to."""

    def __init__(self) -> None:
        self._threads = Threads(THREADS, "portal")

    def render(self, parcel: Parcel[PortalConfig]) -> Message:
        """Empty: the feed reads the lead through the partner's ticks at each look."""
        return Message(b"")

    async def send(self, message: Message, parcel: Parcel[PortalConfig]) -> Receipt:
        """Writes the entry. A test lead gets none."""
        if parcel.test:
            return Receipt(note=_("A test: nothing was put into the feed."))
        await self._threads.run(
            services.publish,
            job_id=parcel.id,
            partner_id=parcel.partner_id,
            settings_id=parcel.settings_id,
            lead_id=parcel.lead_id,
            entity_id=parcel.entity_id,
            price=None if parcel.price is None else Decimal(parcel.price),
            currency=parcel.currency,
            at=parcel.now,
        )
        return Receipt()

    async def close(self) -> None:
        """Ends the threads and their database connections."""
        await self._threads.close()
