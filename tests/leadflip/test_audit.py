"""Every change by every form stands in the audit log, with the person, old and new, and without secrets."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from delivery.models import Job, Lane
from distribution.models import Import
from distribution.services import save_profile
from partners.models import AuditEntry, User
from tests.factories import AssignmentFactory, AttemptBodyFactory, make_fields
from tests.forms import submit
from tests.leadflip.audited import CHANGES_NOTHING, FORMS, PAGES, READ_ONLY, Form
from tests.leadflip.doors import ROLES, House, read

MODELS = sorted(FORMS)
STOCK = re.compile(r"/admin/\w+/\w+/(add/|<path:object_id>/((change|delete|history)/)?)")
SECRETS = ("planted", "whsec_", "lfb_", "pbkdf2", "argon2", "quick")


def at(model: str, verb: str, *args: Any) -> str:
    return reverse(f"admin:{model.replace('.', '_')}_{verb}", args=args)


def secrets_in(entries: list[AuditEntry]) -> list[str]:
    kept = json.dumps([[each.name, each.changes] for each in entries])
    return [secret for secret in SECRETS if secret in kept]


def differences(entry: AuditEntry) -> set[tuple[str, str, str]]:
    """(label, old, new), of a secret (label, "", what became of it)."""
    return {
        (each["what"], each.get("old", ""), each.get("new", each.get("secret", ""))) for each in entry.changes
    }


def only_entry(model: str) -> AuditEntry:
    return AuditEntry.objects.filter(model=model).get()


def test_every_registered_form_is_walked(admin: User, rf: RequestFactory) -> None:
    """A model that joins the admin joins the table: its forms must write entries."""
    assert {each._meta.label_lower for each in _site()} == {*FORMS} | READ_ONLY
    request = rf.get("/")
    request.user = admin
    for model, own in _site().items():
        form = FORMS.get(model._meta.label_lower)
        may_add = model._meta.label_lower not in READ_ONLY and own.has_add_permission(request)
        assert own.has_change_permission(request) is (form is not None), model
        assert may_add is (form is not None and form.add is not None), model


def _site() -> Mapping[Any, Any]:
    return admin.site._registry


@pytest.mark.parametrize("model", MODELS)
def test_a_change_is_told_with_old_and_new(desk: Client, admin: User, model: str) -> None:
    form = FORMS[model]
    row = form.make()
    url = at(model, "change", row.pk)
    assert submit(desk, url, {}).status_code == 302
    assert not AuditEntry.objects.exists()
    assert submit(desk, url, form.change).status_code == 302
    entry = only_entry(model)
    assert (entry.user, entry.who, entry.verb) == (admin, f"{admin.name} <{admin.email}>", "changed")
    assert (entry.object_id, secrets_in([entry])) == (str(row.pk), [])
    assert _said(form, row) <= differences(entry)
    page = desk.get(at(model, "history", row.pk)).content.decode()
    assert all(label in page for label, _old, _new in _said(form, row))


def _said(form: Form, row: Any) -> set[tuple[str, str, str]]:
    partner = str(row.assignments.get().partner) if hasattr(row, "sold_limit") else ""
    return {(label.replace("@partner", partner), old, new) for label, old, new in form.says}


@pytest.mark.parametrize("model", [model for model in MODELS if FORMS[model].add is not None])
def test_what_is_added_is_told(desk: Client, admin: User, model: str) -> None:
    form = FORMS[model]
    made = {name: make() for name, make in form.needs.items()}
    added = form.add or {}
    typed = {name: made[name].pk if value == f"@{name}" else value for name, value in added.items()}
    assert submit(desk, at(model, "add"), typed).status_code == 302
    entry = only_entry(model)
    assert (entry.user, entry.verb, secrets_in([entry])) == (admin, "added", [])
    once = re.search(r'class="secret">([^<]+)<', desk.get(reverse("admin:once")).content.decode())
    assert once is None or once[1] not in str(entry.changes)
    shown = next(value for name, value in typed.items() if name in ("name", "title", "host"))
    assert shown in {new for _label, _old, new in differences(entry)}


@pytest.mark.parametrize("model", MODELS)
def test_what_is_deleted_is_told(desk: Client, admin: User, model: str) -> None:
    row = FORMS[model].make()
    name = str(row)
    if desk.get(at(model, "delete", row.pk)).status_code == 403:
        # Also where others need it: nothing is deleted, and nothing told.
        assert desk.post(at(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert not AuditEntry.objects.exists()
        return
    assert desk.post(at(model, "delete", row.pk), {"post": "yes"}).status_code == 302
    entry = only_entry(model)
    assert (entry.user, entry.verb, entry.name) == (admin, "deleted", name)
    assert (bool(differences(entry)), secrets_in([entry])) == (True, [])
    assert name in desk.get(at(model, "history", row.pk)).content.decode().replace("&#x27;", "'")


def test_every_page_that_takes_a_post_is_judged(db: None) -> None:
    """A page that answers an admin's POST says here what it writes, or that it changes nothing."""
    place = ROLES.index("admin")
    taken = {line.url for line in read() if line.url.startswith("/admin/") and _takes(line.cells[place])}
    own = {url for url in taken if not STOCK.fullmatch(url)} | {"/admin/distribution/lead/add/"}
    assert own == {*PAGES} | CHANGES_NOTHING


@pytest.mark.parametrize("url", sorted(PAGES))
def test_own_pages_tell_what_was_done(db: None, url: str) -> None:
    house, (sent, told) = House(), PAGES[url]
    _let_all_be_done(house, url)
    client = house.client("admin")
    AuditEntry.objects.all().delete()
    typed = {name: house.objects[value[1:]] if value[:1] == "@" else value for name, value in sent.items()}
    query = urlencode({name[1:]: typed.pop(name) for name in [*typed] if name[0] == "?"})
    assert client.post(f"{house.path(url)}?{query}", typed).status_code in (200, 302)
    # The first names what was asked for; where it was several objects, others follow.
    entry = AuditEntry.objects.earliest("pk")
    said = entry.changes[0]["what"] if entry.changes else ""
    assert ((entry.model, entry.verb, said), secrets_in([entry])) == (told, [])
    assert (entry.user is not None and entry.user.email) == "admin@example.com"


def _let_all_be_done(house: House, url: str) -> None:
    """A slowed destination, and another partner; for Stop, a file that is being imported."""
    if url.endswith("/stop/"):
        Import.objects.update(state="running", started_at=timezone.now())
    job = Job.objects.get(pk=house.objects["job_id"])
    AttemptBodyFactory.create(attempt=job.tries.get())
    make_fields(job.lead.entity, iban={"encrypted": True, "label": "IBAN"})
    job.lead.put_sealed({"iban": "planted-iban"}, {})
    job.lead.save()
    Authenticator.objects.create(user_id=house.objects["user"], type="totp", data={})
    partner = job.partner
    lane = Lane.objects.create(settings=job.settings, state="open", open_until=timezone.now(), failures=1)
    assert job.assignment is not None
    other = AssignmentFactory.create(profile=job.assignment.profile, partner__name="Beta Energy")
    save_profile(profile=other.profile, by=None)
    house.objects.update(lane_id=lane.pk, partner_id=partner.pk, to=other.partner_id)


def _takes(cell: str) -> bool:
    return cell.split("/")[-1] not in ("403", "404", "405", "A")
