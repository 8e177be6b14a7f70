"""What an answer means: 2xx is delivered, all else is not, in our own words."""

import codecs
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from delivery.channels.base import Answer, Receipt, Temporary
from delivery.wire import Trace
from partners.outgoing import Target

KEPT_BYTES = 4096
KEPT_VALUE = 200
# Kept (sealed) for the log; nothing else of the answer's header.
KEPT_HEADERS = {
    name.encode(): name
    for name in (
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "location",
        "request-id",
        "retry-after",
        "server",
        "www-authenticate",
        "x-correlation-id",
        "x-request-id",
    )
}
ONE_LEAD = frozenset({400, 409, 413, 415, 422})  # may speak of this lead only
BUSY = frozenset({429, 503})
BUSY_FLOOR = 60
LONGEST_WAIT = 1e9
SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")


def answer_of(trace: Trace) -> Answer:
    """The part of the answer that is kept."""
    return Answer(trace.status, trace.address, _text(trace.body), _kept(trace.headers))


def judge(trace: Trace, target: Target, now: datetime, note: str = "") -> Receipt:
    """A Receipt for 2xx. Raises Temporary for every other status: none is final.

    The status decides as soon as the header came: a body that ends early only shortens what is kept,
    since a partner that said 200 has the lead, and `note` says so.
    """
    status, answer = trace.status or 0, answer_of(trace)
    if 200 <= status <= 299:
        return Receipt(answer, note=note)
    asked = retry_after(answer.headers.get("retry-after", ""), now)
    raise Temporary(
        _error_class(status),
        _words(status, answer, target),
        answer=answer,
        retry_after=asked,
        floor=BUSY_FLOOR if status in BUSY and asked is None else 0,
        endpoint=status not in ONE_LEAD,
    )


def retry_after(value: str, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for; None where it is unusable or in the past."""
    value = value.strip()
    if SECONDS.fullmatch(value):
        return min(float(value), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - now).total_seconds()
    return seconds if seconds > 0 else None


def _error_class(status: int) -> str:
    classes = {3: "redirect", 4: "http_4xx", 5: "http_5xx"}
    return classes.get(status // 100, "protocol")


def _words(status: int, answer: Answer, target: Target) -> str:
    facts = {"host": target.host, "status": status}
    if not 300 <= status <= 399:
        return _("%(host)s answered with status %(status)d.") % facts
    elsewhere = _location_host(answer.headers.get("location", ""))
    if not elsewhere:
        return _("%(host)s answered with a redirect (%(status)d), which is not followed.") % facts
    text = _("%(host)s answered with a redirect (%(status)d) to %(to)s, which is not followed.")
    return text % {**facts, "to": elsewhere}


def _location_host(location: str) -> str:
    try:
        host = urlsplit(location).hostname or ""
    except ValueError:
        return ""
    return host if HOST.fullmatch(host) else ""


def _text(body: bytes | bytearray) -> str:
    """The first 4 KiB as text: invalid UTF-8 replaced, NUL dropped, a character cut in two left out."""
    if len(body) <= KEPT_BYTES:
        return body.decode("utf-8", "replace").replace("\0", "")
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return decoder.decode(bytes(body[:KEPT_BYTES])).replace("\0", "")


def _kept(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    return {
        kept: value[:KEPT_VALUE].decode("latin-1").replace("\0", "")
        for name, value in headers
        if (kept := KEPT_HEADERS.get(name.lower()))
    }
