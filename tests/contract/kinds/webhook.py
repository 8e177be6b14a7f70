"""The webhook's kit: a real HTTP server, signed calls with a custom header."""

import base64
from contextlib import ExitStack
from typing import Any

from django.test import override_settings

from delivery.channels.webhook import WebhookChannel
from partners.kinds.webhook import WebhookConfig
from tests.contract.kit import SECRET, Kit
from tests.servers.behaviours import echo, reply
from tests.servers.http import HttpServer


class WebhookKit(Kit):
    key = "webhook"

    def start(self, stack: ExitStack) -> None:
        self._server = stack.enter_context(HttpServer())
        self._server.default = echo(200)  # a partner that answers with all it was sent
        stack.enter_context(override_settings(OUTGOING_ALLOW=[f"127.0.0.1/32:{self._server.port}"]))

    def channel(self) -> WebhookChannel:
        return WebhookChannel()

    def config(self) -> WebhookConfig:
        return WebhookConfig(self._server.url, headers=("X-API-Key",), signing=True)

    def secrets(self) -> dict[str, Any]:
        key = base64.b64encode(SECRET.encode()).decode()
        return {
            "headers": {"X-API-Key": SECRET},
            "signing": [{"secret": f"whsec_{key}", "until": None, "note": SECRET}],
        }

    def refuse_for_now(self) -> None:
        self._server.script(reply(503, b"busy"))

    def arrived(self) -> list[str]:
        return [request.body.decode() for request in self._server.requests]

    def ids(self) -> list[str]:
        return [request.header("webhook-id") or "" for request in self._server.requests]
