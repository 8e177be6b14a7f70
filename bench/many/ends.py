"""How jobs end: most are delivered, some after retries, some fail in one of many ways, some wait."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from bench.many.account import Seat
from delivery.retry import DEFAULT

# Of 1,000 jobs; what is left of them is delivered.
FAILED, RETRYING, QUEUED, CANCELLED = 20, 10, 10, 10
# Of the delivered ones, those that needed more than one attempt.
AGAIN = 0.04


class Fault(NamedTuple):
    """One way of failing. `tries`: how many attempts there were before the end."""

    outcome: str
    error_class: str
    code: int
    error: str
    tries: int


class Try(NamedTuple):
    """One attempt. `sent`: it has a body; `answer` is the response's text."""

    at: datetime
    ms: int
    outcome: str
    code: int
    error_class: str
    error: str
    sent: bool
    answer: str


class End(NamedTuple):
    """How a job stands. `due`: of a waiting one. `settled`: of one that has ended."""

    status: str
    tries: tuple[Try, ...]
    due: datetime | None = None
    settled: datetime | None = None
    reason: str = ""

    @property
    def last(self) -> Try:
        """The last attempt."""
        return self.tries[-1]

    @property
    def had_unknown(self) -> bool:
        """Whether an attempt ended without an answer."""
        return any(each.outcome == "unknown" for each in self.tries)


MOST = len(DEFAULT.waits) + 1
WEBHOOK = (
    Fault("temporary", "http_5xx", 500, "{host} answered with status 500.", MOST),
    Fault("temporary", "http_5xx", 503, "{host} answered with status 503.", MOST),
    Fault("temporary", "http_4xx", 422, "{host} answered with status 422.", MOST),
    Fault("temporary", "http_4xx", 404, "{host} answered with status 404.", MOST),
    Fault("unknown", "timeout", 0, "{host} did not answer within 15 s.", MOST),
    Fault("temporary", "refused", 0, "{host} refused the connection (port 443).", MOST),
    Fault("temporary", "dns", 0, "{host} was not found.", MOST),
    Fault("temporary", "tls", 0, "{host}: the certificate has expired.", MOST),
    Fault("permanent", "rejected", 200, "The partner rejected the lead.", 1),
    Fault("permanent", "duplicate", 409, "The partner has this lead already.", 1),
)
EMAIL = (
    Fault("permanent", "smtp_5xx", 550, "The server refused the only recipient.", 1),
    Fault("permanent", "bounced", 550, "The letter came back.", 1),
    Fault("temporary", "smtp_4xx", 451, "The server asks to try later.", MOST),
    Fault("configuration", "not_configured", 0, "No SMTP server is set.", 1),
)
PORTAL = (Fault("internal", "internal", 0, "Internal error (OperationalError).", MOST),)
FAULTS: Mapping[str, tuple[Fault, ...]] = {"webhook": WEBHOOK, "email": EMAIL, "portal": PORTAL}
GOOD: Mapping[str, tuple[int, ...]] = {"webhook": (200, 200, 200, 201, 202), "email": (250,), "portal": (0,)}
ANSWERS = {"webhook": '{"status": "ok"}', "email": "2.0.0 Ok: queued", "portal": ""}


def ends(rng: random.Random, seat: Seat, at: datetime, now: datetime, *, test: bool) -> End:
    """What became of a job of the instant `at`, by `now`."""
    draw = rng.randrange(1000)
    fault = rng.choice(FAULTS[seat.kind])
    if test:
        return _delivered(rng, seat, at)
    if draw < FAILED:
        return _failed(rng, seat, at, now, fault)
    if draw < FAILED + CANCELLED:
        settled = at + timedelta(minutes=rng.randrange(1, 300))
        return End("cancelled", (), settled=min(settled, now), reason="Ended by an operator.")
    if draw < FAILED + CANCELLED + RETRYING and fault.tries > 1:
        tries = _tries(rng, seat, at, fault, rng.randrange(1, 4), now)
        return End("retrying", tries, due=now + timedelta(minutes=rng.randrange(5, 700)))
    if draw < FAILED + CANCELLED + RETRYING + QUEUED:
        return End("queued", (), due=now + timedelta(minutes=rng.randrange(5, 1400)))
    return _delivered(rng, seat, at)


def _failed(rng: random.Random, seat: Seat, at: datetime, now: datetime, fault: Fault) -> End:
    tries = _tries(rng, seat, at, fault, fault.tries, now)
    end = min(tries[-1].at + timedelta(seconds=1), now)
    return End("failed", tries, settled=end, reason=fault.error.format(host=seat.host))


def _delivered(rng: random.Random, seat: Seat, at: datetime) -> End:
    again = rng.random() < AGAIN
    tries: tuple[Try, ...] = ()
    if again:
        fault = rng.choice([each for each in FAULTS[seat.kind] if each.tries > 1])
        tries = _tries(rng, seat, at, fault, 1, at)
    ms = rng.randrange(20, 900)
    begun = at + timedelta(seconds=6 if again else 0.02)
    good = Try(begun, ms, "delivered", rng.choice(GOOD[seat.kind]), "", "", True, ANSWERS[seat.kind])
    return End("delivered", (*tries, good), settled=begun + timedelta(milliseconds=ms))


def _tries(
    rng: random.Random, seat: Seat, at: datetime, fault: Fault, count: int, now: datetime
) -> tuple[Try, ...]:
    """So many attempts that failed, by the schedule, none after `now`."""
    found, when = [], at
    error = fault.error.format(host=seat.host)
    sent = fault.error_class not in ("dns", "refused", "tls", "not_configured")
    for number in range(count):
        ms = 15_000 if fault.error_class == "timeout" else rng.randrange(20, 900)
        found.append(Try(min(when, now), ms, fault.outcome, fault.code, fault.error_class, error, sent, ""))
        when += timedelta(seconds=DEFAULT.waits[min(number, len(DEFAULT.waits) - 1)])
    return tuple(found)
