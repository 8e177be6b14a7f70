"""The rows of one lead after another, as lines of COPY: what the product wrote, from intake to the answer."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench.many.account import BUDGET, ENTITIES, MISSED, NOBODY, TOO_SMALL, Account, Kind, Plan, Seat
from bench.many.ends import End, ends
from bench.many.people import Person
from leadflip.kit import crypto
from leadflip.kit.digest import digests
from leadflip.kit.ids import uuid7

Lines = dict[str, list[str]]
COLUMNS: dict[str, str] = {
    "distribution_lead": "id, entity_id, values, raw, sealed, sealed_key, source, api_key_id, status, note, "
    "consent, keyed_as, test, routing, routing_tries, routing_error, created_at, updated_at",
    "distribution_leadkey": "lead_id, field_id, digest",
    "distribution_decision": "lead_id, profile_id, seq, cause, version, revision, verdicts, facts, at",
    "delivery_job": "id, lead_id, assignment_id, profile_version, partner_id, settings_id, kind, price, "
    "currency, test, status, attempts, budget_from, budget_due, next_attempt_at, had_unknown, told, "
    "last_outcome, last_code, last_error_class, last_error, recipients, created_at, settled_at, reason",
    "delivery_attempt": "id, job_id, number, late, started_at, ms, outcome, code, error_class, error, "
    "address",
    "delivery_attemptbody": "attempt_id, sealed",
    "portal_entry": "id, partner_id, settings_id, lead_id, entity_id, review, reason, note, answered_by_id, "
    "answered_at, price, currency, created_at",
    "portal_entryevent": "entry_id, partner_id, user_id, kind, detail, at",
}
UNMATCHED, TESTS = 0.05, 0.002
ANSWERED = 0.7
HEADERS = ["content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature"]


@dataclass(slots=True)
class Writer:
    """`take(at)` adds the lines of one lead to `lines` and returns how many jobs it has."""

    account: Account
    rng: random.Random
    now: datetime
    # The id of the next attempt.
    attempt: int
    lines: Lines

    def take(self, at: datetime) -> int:
        """A lead of the instant `at`."""
        kind = self.rng.choices(self.account.kinds, [share for _n, _s, share in ENTITIES])[0]
        draw = self.rng.random()
        if draw < TESTS:
            return self._test(kind, at)
        first, second = kind.plans
        seat = None if draw < TESTS + UNMATCHED else self._weighted(first)
        person = Person.of(self.rng, seat.digit if seat else NOBODY)
        lead = self._lead(kind, person, at, "routed" if seat else "unmatched")
        large = person.budget > BUDGET
        other = self._of_digit(second, seat.digit) if seat and large else None
        facts = f'{{"address.postcode": "{person.postcode}"}}'
        budget = f'{{"budget": {person.budget}}}'
        self._decide(lead, first, seat.verdicts if seat else MISSED, facts, at)
        missed = MISSED if large else TOO_SMALL
        self._decide(lead, second, other.verdicts if other else missed, facts if large else budget, at)
        pairs = [(plan, each) for plan, each in ((first, seat), (second, other)) if each]
        for plan, each in pairs:
            self._job(kind, lead, person, plan, each, at)
        return len(pairs)

    def _test(self, kind: Kind, at: datetime) -> int:
        plan = kind.plans[0]
        person = Person.of(self.rng, 0)
        lead = self._lead(kind, person, at, "none")
        self._job(kind, lead, person, None, self.rng.choice(plan.seats), at)
        return 1

    def _weighted(self, plan: Plan) -> Seat:
        return self.rng.choices(plan.seats, cum_weights=plan.weights)[0]

    def _of_digit(self, plan: Plan, digit: int) -> Seat:
        return self.rng.choice([seat for seat in plan.seats if seat.digit == digit])

    def _lead(self, kind: Kind, person: Person, at: datetime, routing: str) -> str:
        lead, test = str(uuid7(at)), routing == "none"
        sealed, name = r"\N", ""
        if kind.sealed:
            hidden = {"values": {"tax_number": person.tax_number}, "raw": {}}
            sealed, name = _bytes(crypto.seal(f"lead:{lead}", hidden)), crypto.key_name()
        consent = f'{{"text": "I agree to be called.", "at": "{at.isoformat()}", "ip": "{person.ip}"}}'
        self.lines["distribution_lead"].append(
            f"{lead}\t{kind.entity}\t{person.values}\t{person.raw}\t{sealed}\t{name}\twebsite\t"
            f"{self.account.key}\tNew\t\t{consent}\t{'' if test else kind.mark}\t{_bool(test)}\t{routing}\t"
            f"0\t\t{at}\t{at}\n"
        )
        if not test:
            keys = (("email", person.email), ("phone", person.phone))
            self.lines["distribution_leadkey"] += [
                f"{lead}\t{kind.keys[name]}\t{_bytes(digests(value)[0])}\n" for name, value in keys
            ]
        return lead

    def _decide(self, lead: str, plan: Plan, verdicts: str, facts: str, at: datetime) -> None:
        self.lines["distribution_decision"].append(
            f'{lead}\t{plan.profile}\t1\tnew\t{plan.version}\t{self.account.revision}\t"{verdicts}"\t{facts}\t'
            f"{at}\n"
        )

    def _job(
        self, kind: Kind, lead: str, person: Person, plan: Plan | None, seat: Seat, at: datetime
    ) -> None:
        job, end = str(uuid7(at)), ends(self.rng, seat, at, self.now, test=plan is None)
        recipients = r"\N"
        if seat.kind == "email" and end.tries and end.last.code:
            state = "accepted" if end.status == "delivered" else "refused"
            recipients = f'{{"leads@{seat.host}": {{"state": "{state}", "code": {end.last.code}}}}}'
        self.lines["delivery_job"].append(
            f"{job}\t{lead}\t{seat.id if plan else _NULL}\t{plan.version if plan else _NULL}\t"
            f"{seat.partner}\t{seat.settings}\t{seat.kind}\t"
            f"{seat.price if plan else _NULL}\t{'EUR' if plan else ''}\t"
            f"{_bool(plan is None)}\t{end.status}\t{len(end.tries)}\t0\t{at}\t{_or_null(end.due)}\t"
            f"{_bool(end.had_unknown)}\t{_bool(end.settled is not None)}\t{_last(end)}\t{recipients}\t{at}\t"
            f"{_or_null(end.settled)}\t{end.reason}\n"
        )
        self._attempts(kind, job, person, seat, end)
        if seat.kind == "portal" and end.status == "delivered" and plan is not None:
            self._entry(kind, job, lead, seat, end)

    def _attempts(self, kind: Kind, job: str, person: Person, seat: Seat, end: End) -> None:
        for number, each in enumerate(end.tries, 1):
            address = r"192.0.2.17" if seat.kind == "webhook" else ""
            self.lines["delivery_attempt"].append(
                f"{self.attempt}\t{job}\t{number}\tf\t{each.at}\t{each.ms}\t{each.outcome}\t"
                f"{each.code or _NULL}\t{each.error_class}\t{each.error}\t{address}\n"
            )
            if each.sent:
                body = _body(kind, job, person, seat, each.answer)
                sealed = crypto.seal(f"attempt:{job}:{number}", body)
                self.lines["delivery_attemptbody"].append(f"{self.attempt}\t{_bytes(sealed)}\n")
            self.attempt += 1

    def _entry(self, kind: Kind, job: str, lead: str, seat: Seat, end: End) -> None:
        at = end.settled
        assert at is not None
        answered = at + timedelta(minutes=self.rng.randrange(1, 600))
        review, reason = "pending", ""
        if answered < self.now and self.rng.random() < ANSWERED:
            review, reason = ("rejected", "no_fit") if self.rng.random() < 0.1 else ("accepted", "")
        done = review != "pending"
        self.lines["portal_entry"].append(
            f"{job}\t{seat.partner}\t{seat.settings}\t{lead}\t{kind.entity}\t{review}\t{reason}\t\t"
            f"{seat.person if done else _NULL}\t{answered if done else _NULL}\t{seat.price}\tEUR\t{at}\n"
        )
        for verb in ("viewed", review) if done else ():
            self.lines["portal_entryevent"].append(
                f"{job}\t{seat.partner}\t{seat.person}\t{verb}\t{{}}\t{answered}\n"
            )


_NULL = r"\N"


def fresh_lines() -> Lines:
    """No lines yet, in the order in which tables are filled."""
    return {table: [] for table in COLUMNS}


def moments(rng: random.Random, first: datetime, last: datetime, count: float) -> Iterator[datetime]:
    """Instants in order without end, evenly thrown, `count` of them until `last`, which none exceeds."""
    step = (last - first) / count
    for number in itertools.count():
        yield min(first + step * (number + rng.random()), last)


def _bytes(data: bytes) -> str:
    return rf"\\x{data.hex()}"


def _bool(value: bool) -> str:
    return "t" if value else "f"


def _or_null(value: datetime | None) -> str:
    return _NULL if value is None else str(value)


def _last(end: End) -> str:
    if not end.tries:
        return f"\t{_NULL}\t\t"
    last = end.last
    return f"{last.outcome}\t{last.code or _NULL}\t{last.error_class}\t{last.error}"


def _body(kind: Kind, job: str, person: Person, seat: Seat, answer: str) -> dict[str, Any]:
    hidden = f', "tax_number": "{person.tax_number}"' if kind.sealed else ""
    values = f"{person.values[:-1]}{hidden}}}"
    if seat.kind == "portal":
        request: dict[str, Any] = {"method": "", "url": "", "subject": "", "headers": [], "body": ""}
    elif seat.kind == "email":
        request = {
            "method": "",
            "url": "",
            "subject": f"New lead: {person.last_name}",
            "headers": ["From", "To", "Subject", "Message-ID", "Date"],
            "body": f"{kind.name}\n\n{values}",
        }
    else:
        text = f'{{"id": "{job}", "entity": "{kind.slug}", "lead": {values}}}'
        url = f"https://{seat.host}/leads"
        request = {"method": "POST", "url": url, "subject": "", "headers": HEADERS, "body": text}
    return {"request": request, "response": {"headers": {}, "text": answer, "facts": {}}}
