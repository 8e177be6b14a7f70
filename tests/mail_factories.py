"""Rows of returned mail for tests."""

import hashlib

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from delivery.models import BounceBox, BounceMail
from leadflip.kit import crypto


class BounceBoxFactory(DjangoModelFactory[BounceBox]):
    """No mailbox and no key; it is the one row there is."""

    class Meta:
        model = BounceBox
        django_get_or_create = ("id",)

    id = 1


class BounceMailFactory(DjangoModelFactory[BounceMail]):
    """A mail that belongs to no job; `raw` is what came."""

    class Meta:
        model = BounceMail

    class Params:
        raw = factory.Sequence(lambda n: f"Subject: Hello {n}\r\n\r\nText\r\n".encode())
        head = factory.LazyFunction(lambda: {"from": "ana@example.com", "subject": "Hello", "text": ""})

    received_at = factory.LazyFunction(timezone.now)
    inlet = "imap"
    kind = "other"
    effect = "unmatched"
    size = factory.LazyAttribute(lambda mail: len(mail.raw))
    digest = factory.LazyAttribute(lambda mail: hashlib.sha256(mail.raw).digest())
    sealed = factory.LazyAttribute(lambda mail: crypto.seal_bytes(f"bounce:{mail.digest.hex()}", mail.raw))
    sealed_head = factory.LazyAttribute(lambda mail: crypto.seal(f"bounce:{mail.digest.hex()}", mail.head))
