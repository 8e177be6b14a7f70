"""Hosted forms in the admin: off until enabled, what they ask, and which sites may frame them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import Entity, HostedForm
from leadflip.kit.sites import origin_of
from tests import factories as f
from tests.forms import submit

ADD = "/admin/distribution/hostedform/add/"


@pytest.fixture
def form(entity: Entity) -> HostedForm:
    return f.HostedFormFactory.create(entity=entity, enabled=False)


def at(form: HostedForm) -> str:
    return reverse("admin:distribution_hostedform_change", args=[form.pk])


def test_form_is_off_until_it_is_enabled(desk: Client, entity: Entity) -> None:
    entity_page = reverse("admin:distribution_entity_change", args=[entity.pk])
    way = f"{ADD}?entity={entity.pk}"
    assert way in desk.get(entity_page).content.decode()
    assert submit(desk, way, {}).status_code == 302
    form = HostedForm.objects.get(entity=entity)
    assert not form.enabled
    assert at(form) in desk.get(entity_page).content.decode()
    assert submit(desk, at(form), {"enabled": "on"}).status_code == 302
    assert HostedForm.objects.get(entity=entity).enabled
    assert len(form.token) >= 22


def test_settings_are_kept_as_the_form_needs_them(desk: Client, form: HostedForm) -> None:
    sites = "https://www.example.com/\n\nhttps://Shop.Example.com:8443/a?b=1\nhttp://localhost:3000\nhttps://www.example.com"
    changes = {"origins": sites, "shown": ["name", "email"], "redirect": "https://www.example.com/thanks"}
    assert submit(desk, at(form), changes).status_code == 302
    form.refresh_from_db()
    assert form.origins == [
        "https://www.example.com",
        "https://shop.example.com:8443",
        "http://localhost:3000",
    ]
    assert form.shown == ["name", "email"]
    html = desk.get(at(form)).content.decode()
    assert f"/forms/{form.token}/" in html
    assert "&lt;iframe src=&quot;http" in html
    assert "Full name (always asked for)" in html


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origins", "http://www.example.com"),
        ("origins", "https://a.example.com; script-src *"),
        ("origins", "*"),
        ("redirect", "http://www.example.com/thanks"),
        ("redirect", "ftp://www.example.com"),
    ],
)
def test_sites_that_are_none_are_refused(desk: Client, form: HostedForm, name: str, value: str) -> None:
    answer: Any = submit(desk, at(form), {name: value})
    assert answer.status_code == 200
    assert answer.context["errors"]
    form.refresh_from_db()
    assert (form.origins, form.redirect) == ([], "")


def test_preview_shows_a_form_that_is_off_and_sends_nothing(desk: Client, form: HostedForm) -> None:
    html = desk.get(reverse("admin:hosted_form_preview", args=[form.pk])).content.decode()
    assert "nothing can be sent from here" in html
    assert 'name="email"' in html
    assert "disabled" in html


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://bücher.example/a", "https://xn--bcher-kva.example"),
        ("https://ana:secret@example.com/", "https://example.com"),
        ("https://example.com:99999/", ""),
        ("https://exa mple.com", ""),
        ("javascript:alert(1)", ""),
        ("//example.com", ""),
        ("", ""),
    ],
)
def test_origin_of_an_address(address: str, origin: str) -> None:
    assert origin_of(address) == origin
