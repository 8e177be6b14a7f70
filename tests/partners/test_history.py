"""The audit log's page: who reads what, filters, pages, and what its entries say."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from partners import audit
from partners.audit import Hidden, Told
from partners.models import AuditEntry, Partner, User
from partners.models.audit import Verb
from tests.factories import PartnerFactory, UserFactory
from tests.partners.accounts.steps import ADMIN, NEW, sign_in
from tests.people import PASSWORD

LOG = "/admin/audit/"
SignIn = Callable[[str], Client]


@pytest.fixture
def acme(db: None) -> Partner:
    return PartnerFactory.create(name="Acme <b>")


def told(**values: object) -> Told:
    about = Told()
    for key, value in values.items():
        about.put(key, key, value)
    return about


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"{LOG}?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_differs_is_kept_and_secrets_are_not(admin: User, acme: Partner) -> None:
    old = told(price="12", token=Hidden("planted-1"), gone="x", same="y", key=Hidden(""), long="a" * 5000)
    new = told(
        price="", token=Hidden("planted-2"), fresh=[1, True], same="y", key=Hidden("planted-3"), long="b"
    )
    entry = audit.changed(by=admin, obj=acme, before=old, after=new)
    assert entry is not None
    assert {each["what"]: {**each} for each in entry.changes} == {
        "Price": {"what": "Price", "old": "12", "new": ""},
        "Token": {"what": "Token", "secret": "changed"},
        "Gone": {"what": "Gone", "old": "x", "new": ""},
        "Fresh": {"what": "Fresh", "old": "", "new": "1, Yes"},
        "Key": {"what": "Key", "secret": "set"},
        "Long": {"what": "Long", "old": "a" * 4000, "new": "b"},
    }
    assert audit.changed(by=admin, obj=acme, before=new, after=new) is None
    assert repr(old.values["token"][1]) == "•••"


def test_rows_are_compared_each_with_itself(admin: User, acme: Partner) -> None:
    def with_rows(**rows: Told) -> Told:
        return Told(rows={key: (key.title(), row) for key, row in rows.items()})

    old = with_rows(ana=told(role="owner"), ben=told(role="member"))
    new = with_rows(ana=told(role="reader"), eva=told(role="owner", token=Hidden("planted")))
    entry = audit.changed(by=admin, obj=acme, before=old, after=new)
    assert entry is not None
    assert entry.changes == [
        {"what": "Ana: Role", "old": "owner", "new": "reader"},
        {"what": "Eva", "old": "", "new": "Role: owner; Token: set"},
        {"what": "Ben", "old": "Role: member", "new": ""},
    ]


def test_the_log_shows_who_what_and_both_values(desk: Client, admin: User, acme: Partner) -> None:
    assert "Nothing was changed yet" in shown(desk)
    audit.changed(
        by=admin, obj=acme, before=told(price="12", text="a" * 200), after=told(price="<i>", text="")
    )
    page = shown(desk)
    assert "Acme &lt;b&gt;" in page
    assert "<del>12</del>" in page
    assert "<ins>&lt;i&gt;</ins>" in page
    assert f"<pre>{'a' * 200}</pre>" in page
    assert reverse("admin:partners_partner_change", args=[acme.pk]) in page
    assert f"{admin.name} &lt;{admin.email}&gt;" in page


def test_who_is_gone_is_still_named(desk: Client, acme: Partner) -> None:
    ana = UserFactory.create(name="Ana", is_staff=True)
    audit.acted(by=ana, what="Resend", objects=[acme])
    ana.delete()
    assert "Ana &lt;" in shown(desk)


def test_filters_leave_what_they_say(desk: Client, admin: User, acme: Partner) -> None:
    ana, other = UserFactory.create(is_staff=True), PartnerFactory.create(name="Other")
    audit.acted(by=ana, what="Resend", objects=[acme])
    audit.looked(by=admin, obj=other, what=["IBAN"])
    AuditEntry.objects.filter(user=ana).update(at=timezone.now() - timedelta(days=3))
    today = timezone.now().date()
    for query, names in (
        (f"who={ana.pk}", {"Acme"}),
        ("verb=looked", {"Other"}),
        (f"kind=partners.partner&object={other.pk}", {"Other"}),
        ("kind=partners.partner", {"Acme", "Other"}),
        ("kind=partners.user", set()),
        (f"since={today}", {"Other"}),
        (f"until={today - timedelta(days=1)}", {"Acme"}),
    ):
        page = shown(desk, query).split('<ol class="audit">')[-1]
        assert {name for name in ("Acme", "Other") if f"<bdi>{name}" in page} == names, query
    assert "No entry matches" in shown(desk, "verb=deleted")
    for query in ("since=yesterday", f"since={today}&until=2020-01-01", "object=1", "who=x", "verb=%00"):
        assert "Error:" in shown(desk, query), query


def test_pages_go_by_key_and_cost_the_same(
    desk: Client, admin: User, acme: Partner, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    audit.acted(by=admin, what="Resend", objects=[acme] * 120)
    ids = list(AuditEntry.objects.order_by("-pk").values_list("pk", flat=True))
    with django_assert_max_num_queries(10):
        assert f"older={ids[49]}" in shown(desk)
    assert f"newer={ids[50]}" in shown(desk, f"older={ids[49]}")
    history = reverse("admin:partners_partner_history", args=[acme.pk])
    with django_assert_max_num_queries(10):
        assert f"older={ids[49]}" in desk.get(history).content.decode()


def test_who_reads_what(sign_in: SignIn, acme: Partner, admin: User) -> None:
    audit.note(by=admin, verb=Verb.SIGNED_IN, obj=admin)
    audit.acted(by=admin, what="Resend", objects=[acme])
    assert "Signed in</span>" in shown(sign_in("admin"))
    operator = shown(sign_in("operator"))
    assert "Signed in</span>" not in operator
    assert "Resend" in operator
    assert sign_in("viewer").get(LOG).status_code == 403


def test_history_of_what_is_gone_stays(desk: Client, admin: User, acme: Partner) -> None:
    history = reverse("admin:partners_partner_history", args=[acme.pk])
    assert desk.get(history).status_code == 200
    audit.changed(by=admin, obj=acme, before=told(name="Acme"), after=None)
    acme.delete()
    page = desk.get(history).content.decode()
    assert "Deleted" in page
    assert reverse("admin:partners_partner_change", args=[acme.pk]) not in page
    assert desk.get("/admin/partners/partner/0/history/").status_code == 404


def test_signing_in_is_noted_for_staff_alone(client: Client, db: None) -> None:
    ana = UserFactory.create(email="ana@example.com", is_staff=True, password=PASSWORD)
    UserFactory.create(email="ben@example.com", password=PASSWORD)
    sign_in_at = ((ana.email, "wrong planted"), ("ben@example.com", "wrong"), ("no@example.com", "wrong"))
    for email, password in sign_in_at:
        sign_in(client, ADMIN, email, password)
    sign_in(client, ADMIN, ana.email)
    client.post("/admin/password_change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    entries = AuditEntry.objects.order_by("pk")
    assert [(each.verb, each.user, each.object_id) for each in entries] == [
        ("refused", None, str(ana.pk)),
        ("signed_in", ana, str(ana.pk)),
        ("changed", ana, str(ana.pk)),
    ]
    assert entries[2].changes == [{"what": "Password", "secret": "changed"}]


def test_verbs_are_known_to_the_database(db: None) -> None:
    with pytest.raises(IntegrityError, match="audit_verb"):
        AuditEntry.objects.create(verb="guessed")
