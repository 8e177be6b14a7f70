"""Why no answer came: the transport's errors in the classes and words of the delivery log.

No text of an exception is passed on: aiohttp's hold the request's headers.
"""

import errno
import socket
import ssl

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.channels.base import Answer, DeliveryError, Temporary, Unknown
from delivery.wire import Trace
from partners.outgoing import Target

Words = tuple[str, str]

UNKNOWN_AUTHORITY = gettext_lazy("The certificate of %s comes from an unknown authority.")
CERTIFICATE = {
    9: gettext_lazy("The certificate of %s is not valid yet."),
    10: gettext_lazy("The certificate of %s has expired."),
    18: gettext_lazy("The certificate of %s is self-signed."),
    19: UNKNOWN_AUTHORITY,
    20: UNKNOWN_AUTHORITY,
    21: UNKNOWN_AUTHORITY,
    62: gettext_lazy("The certificate of %s is made out to another name."),
    64: gettext_lazy("The certificate of %s is made out to another address."),
}
REFUSALS = frozenset({"TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE"})
OUT_OF_SOCKETS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
NOT_HTTP = (HttpProcessingError, aiohttp.ClientPayloadError)


def went_stale(error: Exception, trace: Trace) -> bool:
    """Whether a kept connection died before the first byte of an answer: worth one fresh connection."""
    if not trace.reused or trace.status is not None:
        return False
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return isinstance(error.message, str)  # else the part of an answer that had come
    dead = isinstance(error, aiohttp.ClientOSError | aiohttp.ClientConnectionResetError)
    return dead and not isinstance(error, aiohttp.ClientConnectorError)


def left_nothing(error: BaseException) -> bool:
    """Whether this error says that no byte of the request was read, though it was being written."""
    if isinstance(error, aiohttp.ClientConnectionResetError):
        return True  # the connection was closing before anything was written
    return isinstance(error, aiohttp.ClientOSError) and _refused_by_tls(error.__cause__)


def explain(error: BaseException, trace: Trace, target: Target, timeout: float) -> DeliveryError:
    """Temporary where nothing was sent, Unknown where something may have been."""
    error_class, text = _words(error, trace, target, timeout)
    sent = trace.earlier or (trace.sent and not left_nothing(error))
    kind = Unknown if sent else Temporary
    return kind(error_class, text, answer=Answer(address=trace.address), endpoint=error_class != "internal")


def _refused_by_tls(error: BaseException | None) -> bool:
    """A TLS 1.3 server that wants a certificate says so after the handshake, and reads no request."""
    return isinstance(error, ssl.SSLError) and error.reason in REFUSALS


def _words(error: BaseException, trace: Trace, target: Target, timeout: float) -> Words:
    if trace.blocked and not trace.opened:
        return "blocked", _blocked(trace, target)
    if isinstance(error, TimeoutError):
        return "timeout", _late(target, timeout) if trace.sent else _no_connection(target)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns", _not_found(error.os_error, target)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "tls", _bad_certificate(error.certificate_error, target)
    if isinstance(error, aiohttp.ClientConnectorSSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "tls", _at_port(_("TLS with %(host)s failed (port %(port)d)."), target)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _not_connected(error.os_error, target)
    return _no_answer(error, target)


def _no_answer(error: BaseException, target: Target) -> Words:
    if isinstance(error, NOT_HTTP):
        return "protocol", _("%s answered with something that is not HTTP.") % target.host
    if isinstance(error, aiohttp.ClientConnectionError):
        return "reset", _("%s closed the connection without an answer.") % target.host
    name = type(error).__name__
    return "internal", _("Internal error (%(name)s) while calling %(host)s.") % {
        "name": name,
        "host": target.host,
    }


def _at_port(text: str, target: Target) -> str:
    return text % {"host": target.host, "port": target.port}


def _blocked(trace: Trace, target: Target) -> str:
    return _("%(host)s leads to %(address)s, an address that is closed to webhooks.") % {
        "host": target.host,
        "address": trace.blocked,
    }


def _late(target: Target, timeout: float) -> str:
    return _("%(host)s did not answer within %(timeout)g s.") % {"host": target.host, "timeout": timeout}


def _no_connection(target: Target) -> str:
    return _at_port(_("No connection to %(host)s in time (port %(port)d)."), target)


def _not_found(error: OSError, target: Target) -> str:
    if error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}:
        return _("The name %s does not exist in DNS.") % target.host
    return _("The name %s could not be looked up in DNS.") % target.host


def _bad_certificate(error: Exception, target: Target) -> str:
    text = CERTIFICATE.get(getattr(error, "verify_code", 0))
    return str(text or _("The certificate of %s was not accepted.")) % target.host


def _not_connected(error: OSError, target: Target) -> Words:
    if error.errno in OUT_OF_SOCKETS:
        return "internal", _("This worker has no socket left: raise its limit of open files.")
    if error.errno == errno.ETIMEDOUT:
        return "timeout", _no_connection(target)
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
        text = _("%(host)s closed the connection while it was set up (port %(port)d).")
        return "reset", _at_port(text, target)
    if isinstance(error, ConnectionRefusedError):
        return "refused", _at_port(_("%(host)s refused the connection (port %(port)d)."), target)
    return "refused", _at_port(_("No way to %(host)s (port %(port)d)."), target)
