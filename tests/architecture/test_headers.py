"""One strict Content-Security-Policy on every address, read from the answers themselves."""

import pytest
from django.http import HttpResponseBase
from django.test import Client

from tests.architecture.addresses import every_address
from tests.factories import UserFactory

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def policy(response: HttpResponseBase) -> set[str]:
    return set(response.get("Content-Security-Policy", "").split("; "))


@pytest.mark.parametrize("address", every_address())
def test_policy_is_exact_for_a_stranger(client: Client, db: None, address: str) -> None:
    response = client.get(address)
    assert policy(response) == set(POLICY.split("; "))
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("address", ["/admin/", "/admin/delivery/log/", "/no-such-page"])
def test_policy_is_exact_for_an_admin(client: Client, db: None, address: str) -> None:
    client.force_login(UserFactory.create(admin=True))
    assert policy(client.get(address)) == set(POLICY.split("; "))


def test_addresses_are_found() -> None:
    assert {"/", "/healthz", "/readyz", "/admin/", "/admin/delivery/log/"} <= set(every_address())
