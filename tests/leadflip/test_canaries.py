"""Nothing secret where it does not belong: marked values are planted and every output is searched.

The whole way is walked for real: the API takes the lead, the engine delivers it to an HTTP receiver that
echoes it, as JSON, form and a shape of the partner's own, to an SMTP server that repeats it, as text and
HTML, and to the portal; each but the portal once failing and once well.
"""

import asyncio
import email
import email.policy
import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import Group
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.urls import reverse

from delivery.alerts import letters
from delivery.channels import Channels
from delivery.engine.engine import Engine
from delivery.models import Alert, Attempt, Job, Lane, SmtpAccount
from distribution import tasks
from distribution.models import Entity, Lead
from distribution.services import make_key, save_profile
from leadflip.kit import clock
from partners.models import AuditEntry, Partner
from tests import factories as f
from tests.distribution.importing import brought, told
from tests.servers.behaviours import echo
from tests.servers.http import HttpServer
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)

TICKED_SEALED = "canary-iban-DE02120300000000202051"
UNTICKED_SEALED = "canary-tax-number-47110815"
UNTICKED_OPEN = "canary-internal-score-7f3a9c51e0"
TICKED_OPEN = "canary-first-name-b2d86e4f17"
HEADER = "canary-header-value-s3cr3t"
SIGNING = "whsec_Y2FuYXJ5LXNpZ25pbmctc2VjcmV0LTAxMjM0NTY3ODk="
PASSWORD = "canary-smtp-password"
EMAIL, PHONE = "canary.person@example.com", "+49 30 1234567"

NEVER_IN_CLEAR = [TICKED_SEALED, UNTICKED_SEALED, HEADER, SIGNING, SIGNING.removeprefix("whsec_"), PASSWORD]
TICKS = ["first_name", "iban"]
SHAPE = '{"who": "{{ lead.first_name }}", "bank": {"iban": "{{ lead.iban }}"}, "t": "x {{ lead.iban }}"}'
# Each partner's kind, its part of the config, and the texts of its entity.
WAYS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "webhook": ("webhook", {}, {}),
    "form": ("webhook", {"format": "form"}, {}),
    "shaped": ("webhook", {}, {"shape": SHAPE}),
    "email": ("email", {}, {}),
    "html": ("email", {"html": True}, {"subject": "{{ lead.first_name }}", "body": "<p>{{ lead.iban }}</p>"}),
    "portal": ("portal", {}, {}),
}


@dataclass(frozen=True)
class World:
    entity: Entity
    partners: dict[str, Partner]
    key: str
    http: HttpServer
    smtp: SmtpServer


@pytest.fixture
def world(settings: Any) -> Iterator[World]:
    """An entity with open and encrypted fields, and a partner on each channel that may see two of them."""
    entity = f.EntityFactory.create(slug="solar", display_field="first_name")
    f.make_fields(
        entity,
        first_name="text",
        score="text",
        iban={"encrypted": True, "match_order": 1},
        tax_number={"encrypted": True},
        email="email",
        phone={"type": "phone", "encrypted": True},
    )
    with HttpServer() as http, SmtpServer(offers=("AUTH PLAIN LOGIN",)) as smtp:
        settings.OUTGOING_ALLOW = [f"127.0.0.1/32:{http.port}"]
        account = f.SmtpAccountFactory.build(host="127.0.0.1", port=smtp.port, user="leads")
        account.put_password(PASSWORD)
        account.save()
        partners = {way: _partner(entity, way, http) for way in WAYS}
        profile = f.ProfileFactory.create(entity=entity, strategy="send_to_all")
        for partner in partners.values():
            f.AssignmentFactory.create(profile=profile, partner=partner, settings=None)
        save_profile(profile=profile, by=None)
        _, plain = make_key(name="Landing page")
        yield World(entity, partners, plain, http, smtp)


def _partner(entity: Entity, way: str, http: HttpServer) -> Partner:
    kind, own, texts = WAYS[way]
    partner = f.PartnerFactory.create(name=f"Partner {way}")
    secrets, config = None, {**f.CONFIGS[kind], **own}
    if kind == "webhook":
        config = {**config, "url": f"{http.url}{way}", "headers": ["X-Api-Key"], "signing": True}
        secrets = {"headers": {"X-Api-Key": HEADER}, "signing": [{"secret": SIGNING, "until": None}]}
    partner.default_settings = f.DeliverySettingsFactory.create(
        partner=partner,
        kind=kind,
        config=config,
        secrets=secrets,
        everything=False,
        per_entity={str(entity.pk): {"ticks": TICKS, "subject": "", "body": "", "shape": "", **texts}},
    )
    partner.save()
    return partner


def post(world: World, client: Client) -> None:
    values = {
        "first_name": TICKED_OPEN,
        "score": UNTICKED_OPEN,
        "iban": TICKED_SEALED,
        "tax_number": UNTICKED_SEALED,
        "email": EMAIL,
        "phone": PHONE,
    }
    body = json.dumps({"entity": "solar", **values})
    headers = {"Authorization": f"Bearer {world.key}", "Idempotency-Key": "canary-1"}
    for once_more in ("1", "2"):  # the second is known by its bank account, and skipped
        headers["Idempotency-Key"] = f"canary-{once_more}"
        answer = client.post("/api/intake", body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content
    assert answer.json()["duplicate"] == "skipped"


def deliver() -> None:
    async def run() -> None:
        async with Engine(channels=Channels()) as engine:
            while await engine.run_once():
                pass

    asyncio.run(run())


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """All that any logger says, down to DEBUG."""
    text, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("factory").setLevel(logging.WARNING)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def delivered(world: World, client: Client, logged: StringIO) -> World:
    """The lead went to all; to all but the portal after a failed attempt that echoed it."""
    world.http.script(*[echo(500)] * 3)
    world.http.default = echo(200)
    world.smtp.on(".", *[f"451 4.3.0 Later {TICKED_SEALED} {TICKED_OPEN}"] * 2, times=1)
    post(world, client)
    deliver()
    Job.objects.filter(status="retrying").update(next_attempt_at=Lead.objects.get().created_at)
    deliver()
    assert set(Job.objects.values_list("status", flat=True)) == {"delivered"}
    assert Attempt.objects.count() == 11
    return world


def dump() -> dict[str, str]:
    """Every row of every table as text, by table; binary columns as the text that they may be."""
    text: dict[str, str] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            text[table] = "\n".join(" ".join(map(_as_text, row)) for row in cursor.fetchall())
    return text


def written(value: str) -> list[str]:
    """A value in clear, in hex, in base64."""
    plain = value.encode()
    return [value, plain.hex(), *(b64encode(plain[at:]).decode().rstrip("=")[:-1] for at in range(3))]


def _as_text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return str(value)


def test_partners_get_what_is_ticked_and_nothing_else(delivered: World) -> None:
    requests = delivered.http.requests
    assert sorted(request.path for request in requests) == sorted(["/form", "/shaped", "/webhook"] * 2)
    for request in requests:
        if request.path == "/form":
            bank = parse_qs(request.body.decode())["iban"][0]
        else:
            bank = request.json()["bank" if request.path == "/shaped" else "iban"]
        assert bank == ({"iban": TICKED_SEALED} if request.path == "/shaped" else TICKED_SEALED)
        assert request.header("X-Api-Key") == HEADER
        assert TICKED_OPEN.encode() in request.body
        assert UNTICKED_OPEN.encode() not in request.body
        assert UNTICKED_SEALED.encode() not in request.body
    sent = [letter(each.data) for each in delivered.smtp.mails]
    assert len(sent) == 2
    for text in sent:
        assert TICKED_SEALED in text
        assert TICKED_OPEN in text
        assert UNTICKED_OPEN not in text
        assert UNTICKED_SEALED not in text


def letter(data: bytes) -> str:
    """A letter's subject and all of its parts, decoded."""
    found = email.message_from_bytes(data, policy=email.policy.default)
    parts = [part.get_content() for part in found.walk() if not part.is_multipart()]
    return "\n".join([str(found["Subject"]), *parts])


def test_the_database_holds_no_secret_in_clear(delivered: World) -> None:
    tables = dump()
    text = "\n".join(tables.values())
    assert TICKED_OPEN in text, "the dump must see what is stored in clear"
    assert [secret for secret in NEVER_IN_CLEAR for form in written(secret) if form in text] == []
    for value in (TICKED_OPEN, UNTICKED_OPEN):
        assert {table for table, rows in tables.items() if value in rows} == {"distribution_lead"}


def test_logs_and_metrics_hold_no_value_and_no_secret(
    delivered: World, client: Client, logged: StringIO
) -> None:
    metrics = read(client, "/metrics")
    text = logged.getvalue() + metrics
    assert "POST /api/intake" in text
    assert "leadflip_" in metrics
    values = [*NEVER_IN_CLEAR, UNTICKED_OPEN, TICKED_OPEN, delivered.key]
    assert [value for value in values if value in text] == []


def pages(entity: Entity) -> list[str]:
    """Every page of the staff that shows this lead, its jobs, or the configuration."""
    lead = Lead.objects.get()
    found = [
        reverse("delivery:log"),
        reverse("audit:log"),
        reverse("admin:distribution_lead_changelist"),
        reverse("admin:distribution_lead_change", args=[lead.pk]),
        reverse("admin:delivery_smtpaccount_change", args=[1]),
        reverse("admin:distribution_entity_change", args=[entity.pk]),
    ]
    found += [reverse("delivery:job", args=[job.pk]) for job in Job.objects.all()]
    some = Partner.objects.filter(name__in=["Partner shaped", "Partner html"])
    found += [reverse("admin:partners_partner_change", args=[partner.pk]) for partner in some]
    return found


def read(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    content = answer.getvalue() if answer.streaming else answer.content
    return bytes(content).decode() if answer.status_code == 200 else ""


def staff(role: str) -> Client:
    user = f.UserFactory.create(email=f"{role}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("role", ["admin", "operator", "viewer"])
def test_pages_of_staff_hold_no_secret(delivered: World, role: str) -> None:
    client = staff(role)
    shown = {address: read(client, address) for address in pages(delivered.entity)}
    assert shown[reverse("delivery:log")]
    for address, html in shown.items():
        for secret in (HEADER, SIGNING, SIGNING.removeprefix("whsec_"), PASSWORD, UNTICKED_SEALED):
            assert secret not in html, (address, secret)


def test_viewer_sees_no_encrypted_value_at_all(delivered: World) -> None:
    client = staff("viewer")
    for address in pages(delivered.entity):
        assert TICKED_SEALED not in read(client, address), address


def test_operator_sees_encrypted_values_only_on_request_which_is_noted(delivered: World) -> None:
    client = staff("operator")
    assert not [address for address in pages(delivered.entity) if TICKED_SEALED in read(client, address)]
    lead = reverse("admin:distribution_lead_reveal", args=[Lead.objects.get().pk])
    asked = [
        lead,
        *(reverse("delivery:job_sent", args=[job.pk]) for job in Job.objects.exclude(kind="portal")),
    ]
    shown = {address: client.post(address).content.decode() for address in asked}
    assert [address for address, html in shown.items() if TICKED_SEALED not in html] == []
    assert [address for address, html in shown.items() if UNTICKED_SEALED in html] == [lead]
    assert not [secret for secret in (HEADER, SIGNING, PASSWORD) if secret in "".join(shown.values())]
    entries = AuditEntry.objects.filter(verb="looked")
    assert entries.count() == len(asked)
    kept = str(list(entries.values()))
    assert not [secret for secret in NEVER_IN_CLEAR if secret in kept]


def test_portal_shows_its_own_partner_the_ticked_values_only(delivered: World) -> None:
    member = f.MemberFactory.create(partner=delivered.partners["portal"])
    stranger = f.MemberFactory.create(partner=delivered.partners["email"])
    job = Job.objects.get(kind="portal")
    csv = f"{reverse('portal:csv_file')}?entity={delivered.entity.pk}&format=data&delimiter=,"
    addresses = [
        reverse("portal:feed"),
        reverse("portal:lead", args=[job.pk]),
        reverse("portal:csv"),
        reverse("portal:activity"),
        csv,
    ]
    own, foreign = Client(), Client()
    own.force_login(member.user)
    foreign.force_login(stranger.user)
    text = "".join(read(own, address) for address in addresses)
    assert TICKED_SEALED in text
    assert TICKED_SEALED in read(own, csv)
    for gone in (UNTICKED_OPEN, UNTICKED_SEALED, HEADER, PASSWORD):
        assert gone not in text
    assert foreign.get(reverse("portal:lead", args=[job.pk])).status_code == 404
    seen = "".join(read(foreign, address) for address in addresses)
    assert TICKED_OPEN not in seen
    assert TICKED_SEALED not in seen


def test_failed_delivery_leaves_nothing_in_its_error(world: World, client: Client) -> None:
    world.http.default = echo(500)
    post(world, client)
    SmtpAccount.objects.all().delete()
    deliver()
    words = " ".join(
        f"{job.last_error} {job.reason} {job.last_error_class}" for job in Job.objects.exclude(kind="portal")
    )
    assert words.strip()
    assert [value for value in [*NEVER_IN_CLEAR, TICKED_OPEN, UNTICKED_OPEN] if value in words] == []


def test_letters_about_alerts_hold_nothing_of_the_lead(
    world: World, client: Client, mailoutbox: list[EmailMessage]
) -> None:
    """The endpoint echoes what it got with its 500, and the letters tell of the last error."""
    world.http.default = echo(500)
    post(world, client)
    deliver()
    staff("admin")
    lanes = Lane.objects.filter(settings__kind="webhook")
    assert lanes.count() == 3
    now = clock.now()
    lanes.update(state="open", failing_since=now, opens=1, open_until=now)
    for lane in lanes:
        Alert.objects.create(kind="lane_open", key=f"lane:{lane.settings_id}", opened_at=now)
    assert letters.send() == 4
    texts = [f"{each.subject}\n{each.body}" for each in mailoutbox]
    assert any("answered with status 500" in text for text in texts)
    values = [*NEVER_IN_CLEAR, TICKED_OPEN, UNTICKED_OPEN]
    assert [value for text in texts for value in values if value in text] == []


def test_file_on_its_way_in_is_sealed(world: World, logged: StringIO) -> None:
    """Before, while and after it is imported; one of its rows is refused."""
    person = f.UserFactory.create(admin=True)
    client = Client()
    client.force_login(person)
    row = f"{TICKED_OPEN},{UNTICKED_OPEN},{TICKED_SEALED}"
    made = brought(client, world.entity, f"first_name,score,iban,note\r\n{row},\r\n{row},{'n' * 10_001}\r\n")
    values = [*NEVER_IN_CLEAR, TICKED_OPEN, UNTICKED_OPEN]
    text = "\n".join(dump().values())
    assert [value for value in values for form in written(value) if form in text] == []
    client.post(reverse("imports:preview", args=[made.pk]), {"on_duplicate": "create", "route": "on"})
    tasks.carry_on_imports()
    assert told(made) == (1, 0, 0, 1)
    text = "\n".join(dump().values())
    assert TICKED_OPEN in text
    assert [value for value in NEVER_IN_CLEAR for form in written(value) if form in text] == []
    assert [value for value in values if value in logged.getvalue()] == []
