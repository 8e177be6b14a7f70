"""Row 22 of the failure catalogue: TLS is always verified, and what is wrong with it is named."""

import ssl
from pathlib import Path

import pytest
from pytest_django import Settings

from delivery.channels.base import Temporary
from delivery.http.connections import tls_context
from tests.delivery.calls import Names, call, failure, named, receipt
from tests.servers.behaviours import reset
from tests.servers.certificates import Authority, self_signed
from tests.servers.handshakes import refusing
from tests.servers.http import HttpServer

pytestmark = pytest.mark.usefixtures("loopback")


def test_trusted_certificate(authority: Authority, loop: str) -> None:
    with HttpServer(tls=authority.server()) as server:
        found = receipt(call(server.url), loop=loop)
    assert found.answer.code == 200


def test_name_is_what_is_verified_and_sent(authority: Authority, loop: str) -> None:
    names: list[str | None] = []
    context = authority.server("crm.example.com")
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with HttpServer(tls=context) as server:
        url = f"https://crm.example.com:{server.port}/"
        receipt(call(url), loop=loop, sender=named(Names(["127.0.0.1"])))
    assert names == ["crm.example.com"]


def test_unknown_authority(authority: Authority, settings: Settings, loop: str) -> None:
    settings.OUTGOING_CA_FILE = ""
    with HttpServer(tls=authority.server("localhost")) as server:
        error = failure(call(f"https://localhost:{server.port}/"), loop=loop)
    assert (type(error), error.error_class) == (Temporary, "tls")
    assert error.text == "The certificate of localhost comes from an unknown authority."
    assert server.requests == []


def test_expired(authority: Authority, loop: str) -> None:
    with HttpServer(tls=authority.server("localhost", expired=True)) as server:
        error = failure(call(f"https://localhost:{server.port}/"), loop=loop)
    assert (type(error), error.error_class) == (Temporary, "tls")
    assert error.text == "The certificate of localhost has expired."
    assert server.requests == []


def test_wrong_name(authority: Authority, loop: str) -> None:
    with HttpServer(tls=authority.server("other.example.com")) as server:
        error = failure(call(f"https://localhost:{server.port}/"), loop=loop)
    assert (type(error), error.error_class) == (Temporary, "tls")
    assert error.text == "The certificate of localhost is made out to another name."
    assert server.requests == []


def test_wrong_address(authority: Authority, loop: str) -> None:
    with HttpServer(tls=authority.server("other.example.com")) as server:
        error = failure(call(server.url), loop=loop)
    assert (type(error), error.error_class) == (Temporary, "tls")
    assert error.text == "The certificate of 127.0.0.1 is made out to another address."


def test_self_signed(authority: Authority, tmp_path: Path, loop: str) -> None:
    with HttpServer(tls=self_signed(tmp_path)) as server:
        error = failure(call(f"https://localhost:{server.port}/"), loop=loop)
    assert (type(error), error.error_class) == (Temporary, "tls")
    assert error.text == "The certificate of localhost is self-signed."
    assert server.requests == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(authority: Authority, loop: str) -> None:
    context = authority.server()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with refusing(context) as url:
        error = failure(call(url), loop=loop)
    assert (type(error), error.error_class) == (Temporary, "tls")


def test_server_without_tls(loop: str) -> None:
    with HttpServer(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        error = failure(call(f"https://127.0.0.1:{server.port}/"), loop=loop)
    assert (type(error), error.error_class) == (Temporary, "tls")
    assert error.text == f"TLS with 127.0.0.1 failed (port {server.port})."


def test_server_that_wants_a_client_certificate_did_not_read_the_lead(
    authority: Authority, loop: str
) -> None:
    with refusing(authority.demand_client_certificate(authority.server())) as url:
        error = failure(call(url), loop=loop)
    assert type(error) is Temporary
    assert error.error_class in {"tls", "reset"}  # uvloop may have closed before the alert is looked at


def test_reset_over_tls(authority: Authority, loop: str) -> None:
    with HttpServer(tls=authority.server()) as server:
        server.default = reset()
        error = failure(call(server.url), loop=loop)
    assert (error.outcome, error.error_class) == ("unknown", "reset")


def test_no_switch_turns_verifying_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, "/nowhere")
    tls_context.cache_clear()
    context = tls_context()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.cert_store_stats()["x509_ca"] > 50
