"""The sample CRM: a webhook's receiver that checks the signature and remembers what it got."""

from collections import deque
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

MOST = 100
SHOWN = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")


class Crm:
    """The last leads, newest first; in memory, since they hold what was sealed at rest."""

    def __init__(self, signing_secret: str) -> None:
        self._webhook = Webhook(signing_secret)
        self.received: deque[dict[str, Any]] = deque(maxlen=MOST)

    async def take(self, request: web.Request) -> web.Response:
        """204 for a lead whose signature is right, 401 for any other: a partner should do the same."""
        body = await request.text()
        fault = self._fault(body, dict(request.headers))
        self._keep(request, body, checked=True, fault=fault)
        return web.Response(status=401, text=fault) if fault else web.Response(status=204)

    async def take_any(self, request: web.Request) -> web.Response:
        """204 for whatever comes, unchecked: where a newcomer's own first partner may point."""
        self._keep(request, await request.text(), checked=False)
        return web.Response(status=204)

    def _keep(self, request: web.Request, body: str, *, checked: bool, fault: str = "") -> None:
        self.received.appendleft(
            {
                "id": request.headers.get("webhook-id", ""),
                "at": datetime.now(UTC).isoformat(),
                "checked": checked,
                "fault": fault,
                "headers": {name: request.headers[name] for name in SHOWN if name in request.headers},
                "body": body,
            }
        )

    def _fault(self, body: str, headers: dict[str, str]) -> str:
        try:
            self._webhook.verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            return str(error) or "The signature is not well-formed."
        return ""
