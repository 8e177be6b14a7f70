"""Checks a request that somebody pasted against a partner's secrets, and names what is wrong.

Pure: what was pasted goes nowhere. A pasted text has line breaks of its own, so the body is also tried with
the changes that people and servers commonly make of it; whichever fits is the answer.
"""

import hmac
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from delivery.signing import SigningError, signature
from leadflip.kit import show
from partners.outgoing.secrets import Entries, end_of, name_of

NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
# As a list of headers, as JSON, as PHP's $_SERVER or as curl prints them.
LINE = re.compile(
    r"^\W{0,8}(?:http[-_])?(webhook[-_](?:id|timestamp|signature))[\"']?\s{0,8}(?::|=>?)(.{0,2000})$",
    re.IGNORECASE | re.MULTILINE,
)
TOLERANCE = timedelta(minutes=5)


class Finding(NamedTuple):
    """One sentence; `look` is success, warning or error."""

    look: str
    text: str


class Request(NamedTuple):
    """What was pasted, with the headers that a signature needs."""

    id: str
    timestamp: int
    signatures: list[str]
    body: bytes


def check(headers: str, body: str, secrets: Entries, sent: Iterable[bytes], now: datetime) -> list[Finding]:
    """What is to be said of a request, the worst included; never empty.

    `secrets`: all that the partner has or had. `sent`: the bodies that went out under its `webhook-id`.
    """
    found = read_headers(headers)
    problems = list(_missing(found)) or list(_unreadable(found))
    if problems:
        return problems
    request = Request(
        found["webhook-id"],
        int(found["webhook-timestamp"]),
        found["webhook-signature"].split(),
        body.replace("\r\n", "\n").encode(),
    )
    return [_signed(request, secrets, list(sent)), _aged(request, now)]


def read_headers(text: str) -> dict[str, str]:
    """The three headers by their names in small letters, however they were written down."""
    found = {}
    for match in LINE.finditer(text.replace('",', '",\n')):
        found[match[1].lower().replace("_", "-")] = match[2].strip("\"'[](){},; \t\r")
    return found


def _missing(found: dict[str, str]) -> Iterator[Finding]:
    for name in NAMES:
        if not found.get(name):
            yield Finding("error", _("The header %(name)s is missing.") % {"name": name})
    if not any(found.values()):
        yield Finding(
            "error",
            _(
                "Either signing is off for this partner, or something on the way, such as a proxy, keeps "
                "these headers back."
            ),
        )


def _unreadable(found: dict[str, str]) -> Iterator[Finding]:
    if not re.fullmatch(r"[0-9]{1,11}", found["webhook-timestamp"]):
        yield Finding("error", _("webhook-timestamp is not a number of seconds since 1970."))
    if not found["webhook-id"].isascii():
        yield Finding("error", _("webhook-id is not one that we sent: it has letters outside of ASCII."))
    if not any(each.startswith("v1,") for each in found["webhook-signature"].split()):
        yield Finding("error", _("webhook-signature has no signature that begins with “v1,”."))


def _signed(request: Request, secrets: Entries, sent: list[bytes]) -> Finding:
    if not secrets:
        return Finding("error", _("This partner has no signing secret: switch signing on first."))
    if (entry := _fitting(request, secrets)) is not None:
        return _by(entry, request)
    for body, words in _variants(request.body):
        if _fitting(request._replace(body=body), secrets) is not None:
            return Finding("error", words)
    return _unknown(request, secrets, sent)


def _fitting(request: Request, secrets: Entries) -> dict[str, str] | None:
    """The entry whose secret made one of the signatures."""
    for entry in secrets:
        try:
            right = signature(entry["secret"], request.id, request.timestamp, request.body).encode()
        except SigningError:
            continue
        if any(hmac.compare_digest(right, given.encode()) for given in request.signatures):
            return dict(entry)
    return None


def _by(entry: dict[str, str], request: Request) -> Finding:
    named = {"secret": name_of(entry["secret"])}
    end = end_of(entry)
    if end is None:
        return Finding("success", _("The signature is right: secret %(secret)s made it.") % named)
    named["when"] = show.full_time(end)
    if end <= datetime.fromtimestamp(request.timestamp, UTC):
        words = _("Secret %(secret)s made the signature, which ended on %(when)s: we sign no more with it.")
        return Finding("error", words % named)
    words = _("The signature is right: secret %(secret)s made it, which ends on %(when)s. Use the newer one.")
    return Finding("warning", words % named)


def _variants(body: bytes) -> Iterator[tuple[bytes, str]]:
    """The body with one common change undone, and what to say where that fits."""
    edges = _("The body was changed: it fits without the blanks and line breaks around it.")
    yield body.strip(), edges
    yield body.removeprefix("\ufeff".encode()), edges
    breaks = _("The body was changed: it fits with other line breaks.")
    yield body.replace(b"\n", b"\r\n"), breaks
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    again = _(
        "The body was changed: it fits once it is written without blanks. Verify the bytes as they came, "
        "before anything reads the JSON and writes it anew."
    )
    for ascii in (False, True):
        yield json.dumps(value, separators=(",", ":"), ensure_ascii=ascii).encode("utf-8", "replace"), again


def _unknown(request: Request, secrets: Entries, sent: Sequence[bytes]) -> Finding:
    for body in sent:
        if _fitting(request._replace(body=body), secrets) is not None:
            where = _first_difference(body, request.body)
            words = _(
                "The secret is right, but the body was changed: it differs from what we sent at byte %(at)d."
            )
            return Finding("error", words % {"at": where})
    names = ", ".join(name_of(entry["secret"]) for entry in secrets)
    if sent:
        words = _("Another secret made the signature, none of this partner's (%(names)s).")
    else:
        words = _(
            "None of this partner's secrets (%(names)s) made the signature of this body, and we know of no "
            "request with this webhook-id to it: it is not ours, another secret made it, or the body was "
            "changed."
        )
    return Finding("error", words % {"names": names})


def _first_difference(one: bytes, other: bytes) -> int:
    """From 1."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs, 1) if a != b), min(len(one), len(other)) + 1)


def _aged(request: Request, now: datetime) -> Finding:
    signed = datetime.fromtimestamp(request.timestamp, UTC)
    named = {"when": show.to_the_second(signed), "age": show.span(abs(now - signed))}
    if signed > now + TOLERANCE:
        words = _("It was signed at %(when)s, which is %(age)s from now: the clock that read it is wrong.")
        return Finding("error", words % named)
    if signed < now - TOLERANCE:
        words = _(
            "It was signed at %(when)s, %(age)s ago. Whoever gets it only now must refuse it: more than five "
            "minutes are too many. If it was refused as it came, the clock there is wrong."
        )
        return Finding("warning", words % named)
    return Finding("success", _("It was signed at %(when)s, which is in time.") % {"when": named["when"]})
