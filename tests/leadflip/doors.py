"""The URL × role table (`doors.txt`), and what stands behind its addresses while it is tried.

A line is one URL: its pattern as Django has it, with `{a value}` where a parameter should have a certain
one, then a cell for each of ROLES. A cell is what GET and POST are answered with, as `200/405`, or one
word for both: a status, A for the way to the admin's door, P for the way to the portal's.
"""

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client, RequestFactory
from django.test.client import ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from delivery.models import Alert, BulkAction, Job
from distribution.catalogue import entity_spec
from distribution.intake.imports import chunks
from distribution.models import Entity, Erasure, Import
from partners.models import AddressChange, Invitation, May, Revision, User
from tests.authenticator import passkey_of
from tests.factories import (
    ApiKeyFactory,
    AssignmentFactory,
    AttemptFactory,
    DeliverySettingsFactory,
    EntityFactory,
    EntryFactory,
    HostedFormFactory,
    JobFactory,
    LeadFactory,
    RetryPolicyFactory,
    SmtpAccountFactory,
    UserFactory,
)
from tests.mail_factories import BounceBoxFactory, BounceMailFactory
from tests.people import PASSWORD, People, make_people

ROLES = ("anonymous", "key", "partner", "foreign", "colleague", "viewer", "operator", "admin")
TABLE = Path(__file__).with_name("doors.txt")
DOORS = {"/admin/login/": "A", "/account/login/": "A", "/portal/login/": "P"}
FOUND, MOVED = 302, 301
# What is sent with a request, by the end of the URL; else an empty form.
QUERIES = {
    "/portal/csv/file/": {"entity": "@entity", "format": "data", "delimiter": ","},
    "/admin/autocomplete/": {
        "app_label": "partners",
        "model_name": "member",
        "field_name": "user",
        "term": "a",
    },
}
BODIES = {
    "/deliveries/test/": {"entity": "@entity"},
    "/deliveries/secret/": {"stays": "3600"},
    "/portal/caps/": {"which": "all", "do": "none"},
    "/delete/": {"post": "yes"},
    "/link/": {"do": "show"},
    "/reject/": {"reason": "no_fit"},
    "/return/": {"reason": "no_fit"},
    "/undo/": {"review": "accepted"},
    "/role/": {"role": "reader"},
    "/theme/": {"theme": "dark"},
    "/switch/": {"partner": "@partner"},
}
VALUE = r"\{[^}]+\}"


@dataclass(frozen=True)
class Line:
    """A URL with one cell a role."""

    url: str
    cells: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.url:<68} " + " ".join(f"{cell:<9}" for cell in self.cells).rstrip()


def read() -> list[Line]:
    """The table's lines."""
    rows = (line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#"))
    return [Line(url, tuple(cells)) for url, *cells in rows]


def patterns() -> list[str]:
    """Every URL that the resolver knows, once."""
    return list(dict.fromkeys("/" + plain(found) for found in _walk(get_resolver().url_patterns)))


def _walk(entries: list[Any], before: str = "") -> Iterator[str]:
    for entry in entries:
        here = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, here)
        elif isinstance(entry, URLPattern):
            yield here


def plain(pattern: str) -> str:
    """A route; of a regular expression, its parameters as `<name>`."""
    return re.sub(r"\(\?P(<\w+>).*?\)|[\^$\\]", lambda found: found[1] or "", pattern)


def names(line: Line, pattern: str) -> bool:
    """Whether a line is about a pattern: the same but for parameters with a certain value."""
    parts = re.split(r"(<[^>]+>)", pattern)
    wanted = (
        rf"(?:{re.escape(part)}|{VALUE})" if part.startswith("<") else re.escape(part) for part in parts
    )
    return re.fullmatch("".join(wanted), line.url) is not None


class House:
    """People of every role, one object of each kind, and a client for each role."""

    def __init__(self) -> None:
        self.people = make_people()
        self.key = ApiKeyFactory.create(plain="lf_doors_secret")
        self.objects = _objects(self.people)
        self._headers = {role: self._headers_of(role) for role in ROLES}
        # One for all requests, and without what a test client remembers of templates.
        self._site = ClientHandler(enforce_csrf_checks=False)

    def client(self, role: str) -> Client:
        """A browser of somebody with this role, signed in."""
        client, person = Client(), self._person(role)
        if person is not None:
            client.force_login(person)
        return client

    def path(self, url: str) -> str:
        """A line's URL with its parameters filled in."""
        path = re.sub(r"\{([^}]+)\}", r"\1", url)
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: self._value(found[1], url), path)

    def answer(self, url: str, role: str) -> str:
        """The cell that is true."""
        path = self.path(url)
        got = self._ask(path, role, "get", self.sent(QUERIES, url))
        posted = self._ask(path, role, "post", self.sent(BODIES, url))
        return got if got == posted else f"{got}/{posted}"

    def answers(self, url: str) -> Line:
        """A whole line, as it is."""
        return Line(url, tuple(self.answer(url, role) for role in ROLES))

    def _ask(self, path: str, role: str, method: str, data: dict[str, Any]) -> str:
        send = getattr(RequestFactory(headers=self._headers[role]), method)
        with quiet(), undone() if method == "post" else nullcontext():
            response = self._site(send(path, data).environ)
        return word(response)

    def _headers_of(self, role: str) -> dict[str, str]:
        if role == "key":
            return {"Authorization": "Bearer lf_doors_secret"}
        person = self._person(role)
        return {"Cookie": _cookie(person)} if person else {}

    def _person(self, role: str) -> User | None:
        of_partners = {"partner": self.people.owner, "foreign": self.people.stranger}
        known = {**of_partners, "colleague": self.people.colleague, "viewer": self.people.viewer}
        if role in ("operator", "admin"):
            return _staff(role)
        return known.get(role)

    def sent(self, table: dict[str, dict[str, str]], url: str) -> dict[str, Any]:
        """The form of a request; "@entity" stands for that object."""
        form = next((form for ending, form in table.items() if url.endswith(ending)), {})
        return {
            name: self.objects[value[1:]] if value.startswith("@") else value for name, value in form.items()
        }

    def _value(self, name: str, url: str) -> str:
        if "/tests/" in url:
            return str(self.objects["test"])
        # Of the admin's own pages the model stands in the address, not in the parameter's name.
        of_model = name in ("object_id", "pk", "id") and not url.startswith("/admin/r/")
        return str(self.objects[url.split("/")[3] if of_model else name])


@contextmanager
def quiet() -> Iterator[None]:
    """Without the log of a thousand requests."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def undone() -> Iterator[None]:
    """Takes back what a POST did, so that each request meets the same house."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def word(response: HttpResponseBase) -> str:
    """A status, or the door that somebody is led to."""
    if response.status_code not in (FOUND, MOVED):
        return str(response.status_code)
    way = response.headers["Location"].split("?")[0]
    return DOORS.get(way, str(response.status_code))


def _cookie(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies.output(attrs=[], header="").strip()


def _staff(role: str) -> User:
    person = User.objects.filter(email=f"{role}@example.com").first()
    person = person or UserFactory.create(email=f"{role}@example.com", is_staff=True, password=PASSWORD)
    person.groups.add(Group.objects.get(name=role))
    return person


def _import(entity: Entity) -> Import:
    """The admin's file, whose columns are matched."""
    made = Import(entity=entity, by=_staff("admin"), name="leads.csv")
    text = io.BytesIO(b"name\nAna\n")
    chunks.take(run=made, entity=entity_spec(Revision.current(), entity.pk), file=text, header=True)
    return made


def _invitation(people: People) -> Invitation:
    until = timezone.now() + timedelta(days=1)
    return Invitation.objects.create(
        partner=people.partner, email="asked@example.com", digest=b"door", expires_at=until
    )


def _objects(people: People) -> dict[str, Any]:
    """What stands for the parameters of a URL, by their names; for the admin's, by the model's."""
    entity = EntityFactory.create()
    hosted = HostedFormFactory.create(entity=entity)
    lead = LeadFactory.create(entity=entity)
    settings = DeliverySettingsFactory.create(partner=people.partner, kind="portal")
    webhook = DeliverySettingsFactory.create(
        partner=people.partner, kind="webhook", config={"url": "https://crm.example.com/", "signing": True}
    )
    AddressChange.objects.create(
        pk=1,
        settings=webhook,
        url="https://new.example.net/",
        before="https://crm.example.com/",
        asked_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    people.partner.may = May.values
    people.partner.default_settings = webhook
    people.partner.save()
    assignment = AssignmentFactory.create(partner=people.partner, settings=webhook, profile__entity=entity)
    job = JobFactory.create(lead=lead, failed=True, assignment=assignment)
    AttemptFactory.create(job=job)
    # The factory's trait has the column's name, and takes its value.
    trial = JobFactory.create(lead=lead, assignment=None, partner=people.partner, settings=settings)
    Job.objects.filter(pk=trial.pk).update(test=True)
    return {
        "user": UserFactory.create().pk,
        "partner": people.partner.pk,
        "partner_id": people.partner.pk,
        "retrypolicy": RetryPolicyFactory.create().pk,
        "entity": entity.pk,
        "profile": AssignmentFactory.create().profile_id,
        "assignment": AssignmentFactory.create().pk,
        "apikey": ApiKeyFactory.create().pk,
        "lead": lead.pk,
        "lead_id": lead.pk,
        "test": trial.pk,
        "smtpaccount": SmtpAccountFactory.create().pk,
        "bouncebox": BounceBoxFactory.create().pk,
        "bouncemail": BounceMailFactory.create().pk,
        "job_id": job.pk,
        "alerts": Alert.objects.create(kind=Alert.Kind.OPENED, key=Alert.SMTP).pk,
        "lane_id": 1,
        "lane": DeliverySettingsFactory.create().pk,
        "newest": job.pk,
        "action": "resend",
        "entry_id": EntryFactory.create(lead=lead, partner=people.partner, settings=settings).pk,
        "member_id": people.colleague.memberships.get().pk,
        "invitation_id": _invitation(people).pk,
        "content_type_id": 1,
        "object_id": 1,
        "app_label": "partners",
        "url": "nothing/here",
        "uidb36": "1",
        "key": "no-key",
        "name": "nothing",
        "token": hosted.token,
        "hostedform": hosted.pk,
        "form_id": hosted.pk,
        "entity_id": entity.pk,
        "run_id": _import(entity).pk,
        "passkey": passkey_of(people.owner).pk,
        "erasure_id": Erasure.objects.create(found_by="lead", leads=[str(lead.pk)]).pk,
        "bulk_id": BulkAction.objects.create(act="resend", filter="", cursor=job.pk, upto=job.pk, total=0).pk,
    }
