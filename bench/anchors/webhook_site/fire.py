"""Prepares the site beside ours, and publishes its tasks: `prepare URL` or `fire COUNT BODY_BYTES`."""

import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after the setup
from django_webhook.models import Webhook, WebhookEvent, WebhookSecret  # noqa: E402 - as above
from django_webhook.tasks import fire_webhook  # noqa: E402 - as above
from webhook_site import app  # noqa: E402 - as above


def prepare(url: str) -> None:
    """Tables, and one webhook with one secret."""
    call_command("migrate", interactive=False, verbosity=0)
    WebhookEvent.objects.all().delete()
    Webhook.objects.all().delete()
    app.control.purge()
    webhook = Webhook.objects.create(url=url)
    WebhookSecret.objects.create(webhook=webhook, token="a secret of the measure")


def fire(count: str, size: str) -> None:
    """One task a delivery, as the package's own signal handler publishes it."""
    webhook = Webhook.objects.get()
    payload = json.dumps({"object": {"padding": ""}, "topic": "bench.Lead/create"})
    payload = payload.replace('""', '"%s"' % ("x" * max(0, int(size) - len(payload))), 1)
    for _ in range(int(count)):
        fire_webhook.delay(webhook.pk, payload, topic="bench.Lead/create", object_type="bench.Lead")


if __name__ == "__main__":
    {"prepare": prepare, "fire": fire}[sys.argv[1]](*sys.argv[2:])
