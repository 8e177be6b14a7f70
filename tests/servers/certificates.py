"""Certificates for TLS servers on loopback: a good one, and the ways in which one can be bad."""

import datetime
import ssl
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority of one test; `file` is what OUTGOING_CA_FILE names."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def server(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for `names` (127.0.0.1 and localhost by default)."""
        begin, end = (LONG_AGO, LONG_AGO + DAY) if expired else (None, None)
        issued = self._ca.issue_cert(*(names or ("127.0.0.1", "localhost")), not_before=begin, not_after=end)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(context)
        return context

    def demand_client_certificate(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """The same context, which now refuses whoever has no certificate of ours."""
        self._ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        return context


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context whose certificate nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY
        )
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "self-signed.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
