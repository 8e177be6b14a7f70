"""Every admin page for every role: who reads, who writes, who is sent away."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from partners import roles
from tests.factories import (
    ApiKeyFactory,
    AssignmentFactory,
    EntityFactory,
    HostedFormFactory,
    LeadFactory,
    MemberFactory,
    PartnerFactory,
    ProfileFactory,
    RetryPolicyFactory,
    SmtpAccountFactory,
    UserFactory,
)
from tests.forms import controls
from tests.mail_factories import BounceBoxFactory, BounceMailFactory

# Model → whether the admin role may change a row and add one, on its pages.
PAGES: dict[str, tuple[Any, bool, bool]] = {
    "partners.user": (UserFactory, True, True),
    "partners.partner": (PartnerFactory, True, True),
    "partners.retrypolicy": (RetryPolicyFactory, True, True),
    "delivery.smtpaccount": (SmtpAccountFactory, True, False),
    "delivery.bouncebox": (BounceBoxFactory, True, False),
    "delivery.bouncemail": (BounceMailFactory, False, False),
    "distribution.entity": (EntityFactory, True, True),
    "distribution.profile": (ProfileFactory, True, True),
    "distribution.assignment": (AssignmentFactory, True, False),
    "distribution.apikey": (ApiKeyFactory, True, True),
    "distribution.hostedform": (HostedFormFactory, True, True),
    "distribution.lead": (LeadFactory, False, True),
}
# Hidden, and nothing to write: the token, and the version that a page was opened with.
KEPT_BY_PAGES = {"csrfmiddlewaretoken", "seen"}
# What whoever acts on jobs may do with rows that nobody edits.
ACTED = {("distribution.lead", "operator"): {"route_again"}}
# Whoever answers for leads types them in, too.
ADDED = {("distribution.lead", "operator")}
STAFF = ("admin", "operator", "viewer")
MODELS = sorted(PAGES)


def name(model: str, verb: str) -> str:
    return f"admin:{model.replace('.', '_')}_{verb}"


def row(model: str) -> int:
    pk: int = PAGES[model][0].create().pk
    return pk


def test_every_registered_model_stands_here() -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert registered == set(PAGES)


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize("model", MODELS)
def test_staff_reads_lists_and_rows(sign_in: Callable[[str], Client], model: str, role: str) -> None:
    pk, client = row(model), sign_in(role)
    assert client.get(reverse(name(model, "changelist")), follow=True).status_code == 200
    assert client.get(reverse(name(model, "change"), args=[pk])).status_code == 200
    reads = role == "admin" or (role == "operator" and model != "partners.user")
    history = client.get(reverse(name(model, "history"), args=[pk]))
    assert history.status_code == (200 if reads else 403)


def _offered(listed: str) -> set[str]:
    """The actions that a list offers for its ticked rows."""
    select = re.search(r'<select name="action".*?</select>', listed, re.DOTALL)
    return set(re.findall(r'<option value="(\w+)"', select[0])) if select else set()


@pytest.mark.parametrize("role", ["operator", "viewer"])
@pytest.mark.parametrize("model", MODELS)
def test_others_than_admin_write_nothing(sign_in: Callable[[str], Client], model: str, role: str) -> None:
    pk, client = row(model), sign_in(role)
    change = reverse(name(model, "change"), args=[pk])
    shown = controls(client.get(change))
    assert not [each for each in shown if each not in KEPT_BY_PAGES and not each.endswith("_FORMS")]
    assert client.post(change, {}).status_code == 403
    assert client.get(reverse(name(model, "add"))).status_code == (200 if (model, role) in ADDED else 403)
    assert client.post(reverse(name(model, "delete"), args=[pk]), {"post": "yes"}).status_code == 403
    listed = client.get(reverse(name(model, "changelist")), follow=True).content.decode()
    assert _offered(listed) == ACTED.get((model, role), set())


@pytest.mark.parametrize("model", MODELS)
def test_admin_writes(sign_in: Callable[[str], Client], model: str) -> None:
    _factory, changes, adds = PAGES[model]
    pk, client = row(model), sign_in("admin")
    shown = controls(client.get(reverse(name(model, "change"), args=[pk])))
    assert (len(shown) > 1) is changes
    assert (client.get(reverse(name(model, "add"))).status_code == 200) is adds


@pytest.mark.parametrize("model", MODELS)
def test_members_and_strangers_are_sent_to_sign_in(client: Client, db: None, model: str) -> None:
    urls = [
        reverse(name(model, "changelist")),
        reverse(name(model, "change"), args=[row(model)]),
        reverse("admin:index"),
        reverse("admin:once"),
    ]
    for member in (None, MemberFactory.create().user):
        if member:
            client.force_login(member)
        for url in urls:
            answer = client.get(url)
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("role", STAFF)
def test_sidebar_has_the_groups_in_order(sign_in: Callable[[str], Client], role: str) -> None:
    html = sign_in(role).get(reverse("admin:index")).content.decode()
    places = [
        html.index(f">{title}</a>")
        for title in ("Operations", "Distribution", "Partners", "Intake", "System")
    ]
    assert places == sorted(places)
    assert reverse("delivery:log") in html
    assert "Partners in this profile" not in html


def _held(role: str) -> set[str]:
    permissions = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{each.content_type.app_label}.{each.codename}" for each in permissions}


def _listed(place: int) -> Iterator[str]:
    for app, models in roles.TABLE.items():
        for model, verbs in models.items():
            yield from (f"{app}.{verb}_{model}" for verb in verbs[place])


@pytest.mark.parametrize(("place", "role"), list(enumerate(STAFF)))
def test_groups_hold_what_the_table_says(db: None, place: int, role: str) -> None:
    assert _held(role) == set(_listed(place))


def test_viewer_sees_no_sealed_body(db: None) -> None:
    assert "delivery.view_attemptbody" in _held("operator")
    assert "delivery.view_attemptbody" not in _held("viewer")


def test_viewer_only_views_and_operator_acts_and_types_in_besides(db: None) -> None:
    more = {role: {held for held in _held(role) if ".view_" not in held} for role in STAFF}
    assert more["viewer"] == set()
    typed = {"distribution.add_lead", "distribution.change_lead", "distribution.reveal_lead"}
    assert more["operator"] == {"delivery.act_job", "delivery.act_lane", "delivery.act_alert", *typed}


def test_migrate_brings_a_changed_group_back(db: None) -> None:
    viewer = Group.objects.get(name="viewer")
    viewer.permissions.set(Permission.objects.filter(codename="delete_partner"))
    call_command("migrate", verbosity=0)
    assert _held("viewer") == set(_listed(2))
