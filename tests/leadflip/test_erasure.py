"""A person is erased: nothing of them is left in any column of any table, opened seals included.

The lead goes the whole way of `test_canaries`, and beside it everything is left behind that can be: a note,
consent, a repeat, a file with the person in it, an answer in the portal, a letter that came back.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.urls import reverse

from delivery import services
from delivery.models import Attempt, AttemptBody, Job
from delivery.refusal import Refusal, Refused
from distribution import tasks
from distribution.erasing.find import find
from distribution.models import Decision, Erasure, Idempotency, Import, Lead, LeadKey
from distribution.models.erasure import FoundBy
from leadflip.kit import clock, crypto
from partners.models import AuditEntry
from portal import services as portal
from portal.models import Entry
from tests import factories as f
from tests.distribution.importing import brought
from tests.leadflip.test_canaries import (
    EMAIL,
    PHONE,
    TICKED_OPEN,
    TICKED_SEALED,
    UNTICKED_OPEN,
    UNTICKED_SEALED,
    World,
    delivered,
    logged,
    read,
    staff,
    world,
    written,
)
from tests.mail_factories import BounceMailFactory

__all__ = ["delivered", "logged", "world"]

pytestmark = pytest.mark.django_db(transaction=True)

NOTE, CONSENT, ANSWER = "canary-note-41b0", "canary-consent-77aa", "canary-portal-note-9d31"
NORMAL = "+49301234567"
PERSON = [
    TICKED_OPEN,
    TICKED_SEALED,
    UNTICKED_OPEN,
    UNTICKED_SEALED,
    EMAIL,
    PHONE,
    NORMAL,
    NOTE,
    CONSENT,
    ANSWER,
]


@pytest.fixture
def office(delivered: World) -> Client:
    """An admin's browser."""
    return staff("admin")


@pytest.fixture
def known(delivered: World, office: Client) -> World:
    """All that can be known of a person is."""
    Lead.objects.update(note=NOTE, consent={"text": CONSENT, "ip": "198.51.100.7"}, status=NOTE)
    job = Job.objects.filter(kind="email").first()
    assert job is not None
    head = {"from": EMAIL, "subject": TICKED_OPEN, "text": TICKED_SEALED}
    BounceMailFactory.create(raw=f"To: {EMAIL}\r\n\r\n{TICKED_OPEN}".encode(), head=head, job=job)
    entry = Entry.objects.get()
    person = f.MemberFactory.create(partner=entry.partner).user
    portal.answer(
        entry_id=entry.pk,
        partner_id=entry.partner_id,
        user=person,
        review="rejected",
        reason="other",
        note=ANSWER,
        at=clock.now(),
    )
    row = f"{TICKED_OPEN},{UNTICKED_OPEN},{TICKED_SEALED},{EMAIL},{PHONE}"
    other = "Other,1,DE75512108001245126199,other@example.com,+49 30 7654321"
    for line in (f"{row}\r\n{other}", f"{other}\r\n{row}"):
        brought(office, delivered.entity, f"first_name,score,iban,email,phone\r\n{line}\r\n")
    return delivered


def everything() -> Iterator[tuple[str, str]]:
    """(table, text) of every row of every table; sealed columns opened."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                yield table, " ".join(_opened(value) for value in row)


def _opened(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        plain = crypto._decrypt(configured.ENCRYPTION_KEYS, bytes(value))
        return (plain or bytes(value)).decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def left() -> set[tuple[str, str]]:
    """(table, value) of what is found of the person."""
    return {
        (table, value)
        for table, text in everything()
        for value in PERSON
        if any(form in text for form in written(value))
    }


def test_erased_person_is_in_no_column_of_any_table(known: World, office: Client) -> None:
    there = {table for table, _value in left()}
    assert there >= {
        "distribution_lead",
        "distribution_importchunk",
        "delivery_attemptbody",
        "delivery_bouncemail",
        "portal_entry",
    }
    found = find(EMAIL)
    assert found.by == FoundBy.EMAIL
    assert find(PHONE).ids == find(str(found.ids[0])).ids == found.ids
    answer = office.post(
        reverse("erasing:start"), {"lead": found.ids, "found_by": "email", "word": "ERASE"}, follow=True
    )
    assert answer.status_code == 200
    erasure = Erasure.objects.get()
    assert erasure.finished_at is not None, erasure.left
    assert left() == set()
    _rows_stay(erasure)
    _pages_say_so(known, office)
    _others_stay(known)


def _rows_stay(erasure: Erasure) -> None:
    lead = Lead.objects.get()
    assert (lead.values, lead.sealed, lead.consent, lead.erased_at is not None) == ({}, None, {}, True)
    assert set(Job.objects.values_list("status", flat=True)) == {"delivered"}
    assert Attempt.objects.count() == 11
    assert not AttemptBody.objects.exists()
    assert not LeadKey.objects.exists()
    assert not Idempotency.objects.filter(answer__lead_id=str(lead.pk)).exists()
    assert not Decision.objects.exclude(facts={}).exists()
    assert erasure.counts["leads"] == 1
    assert erasure.counts["bodies"] == 11
    assert erasure.counts["rows"] == 2
    assert {each["partner"] for each in erasure.copies} == set(
        Job.objects.values_list("partner__name", flat=True)
    )
    assert AuditEntry.objects.filter(model="distribution.erasure").exists()
    for job in Job.objects.all():
        with pytest.raises(Refused) as refused:
            services.resend(job_id=job.pk, again=True)
        assert refused.value.refusal == Refusal.ERASED


def _pages_say_so(known: World, desk: Client) -> None:
    lead, job = Lead.objects.get(), Job.objects.filter(kind="portal").get()
    addresses = [
        reverse("delivery:log"),
        reverse("admin:distribution_lead_changelist"),
        reverse("admin:distribution_lead_change", args=[lead.pk]),
        reverse("delivery:job", args=[job.pk]),
        reverse("erasing:report", args=[Erasure.objects.get().pk]),
    ]
    for address in addresses:
        html = read(desk, address)
        assert "Erased on" in html, address
    own = Client()
    own.force_login(f.MemberFactory.create(partner=known.partners["portal"]).user)
    assert "Erased on" in read(own, f"{reverse('portal:feed')}?review=rejected")
    assert "Erased on" in read(own, reverse("portal:lead", args=[job.pk]))
    csv = f"{reverse('portal:csv_file')}?entity={known.entity.pk}&format=data&delimiter=,"
    assert str(lead.pk) in read(own, csv)


def _others_stay(known: World) -> None:
    for run in Import.objects.all():
        (chunk,) = run.chunks.all()
        assert "other@example.com" in chunk.text[1]
    desk = staff("operator")
    made = Import.objects.first()
    assert made is not None
    assert desk.get(reverse("erasing:find")).status_code == 403
    tasks.carry_on_imports()
