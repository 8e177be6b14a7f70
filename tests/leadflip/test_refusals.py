"""Error 403 says who may, and leads to the person's own pages."""

from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from leadflip import urls
from leadflip.kit.needs import needs
from tests.factories import MemberFactory


@needs("delivery.act_job")
def act(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class Site:
    """The project's addresses with one that operators may open."""

    urlpatterns = [path("admin/act/", act), *urls.urlpatterns]
    handler403 = urls.handler403


@pytest.mark.parametrize("address", ["/admin/partners/partner/add/", "/admin/distribution/entity/add/"])
def test_configuration_needs_an_admin(sign_in: Callable[[str], Client], address: str) -> None:
    page = sign_in("operator").get(address)
    assert page.status_code == 403
    assert "with the role Operator. This needs the role Admin." in page.text
    assert 'href="/admin/"' in page.text


@override_settings(ROOT_URLCONF=Site)
def test_actions_need_an_operator_or_an_admin(sign_in: Callable[[str], Client]) -> None:
    page = sign_in("viewer").get("/admin/act/")
    assert "with the role Viewer. This needs the role Admin or Operator." in page.text


def test_staff_in_the_portal_is_led_to_the_admin(sign_in: Callable[[str], Client]) -> None:
    page = sign_in("viewer").get("/portal/csv/")
    assert page.status_code == 403
    assert 'href="/admin/"' in page.text


def test_partner_in_the_admin_is_led_to_the_portal(client: Client, db: None) -> None:
    client.force_login(MemberFactory.create().user)
    page = client.get("/admin/", follow=True)
    assert page.status_code == 403
    assert "Your pages are elsewhere." in page.text
    assert 'href="/portal/"' in page.text
