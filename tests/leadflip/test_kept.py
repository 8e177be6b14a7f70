"""What was typed into a form whose session had ended is still there after sign-in."""

import re
from typing import Any

import pytest
import redis
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from partners.kinds.webhook_form import row_at
from partners.models import RetryPolicy
from portal.models import Entry
from tests.factories import DeliverySettingsFactory, EntryFactory, RetryPolicyFactory, UserFactory
from tests.forms import controls
from tests.people import PASSWORD, People, make_people

ADD = "/admin/partners/retrypolicy/add/"
OWN = {"Origin": "http://testserver"}
STALE = "Your session ended while the form was open"
TYPED = {"name": "Patient <b>", "waits": "5, 30", "timeout": "15"}


@pytest.fixture
def people(db: None) -> People:
    return make_people()


@pytest.fixture
def boss(db: None) -> None:
    UserFactory.create(email="boss@example.com", admin=True, password=PASSWORD)


def send(client: Client, path: str, data: dict[str, Any], **headers: str) -> Any:
    return client.post(path, data, headers={**OWN, **headers})


def way(answer: Any) -> str:
    found: str = answer.headers["Location"]
    return found


def sign_in(client: Client, door: str, email: str) -> Any:
    return client.post(door, {"login": email, "password": PASSWORD})


def hidden(page: str) -> dict[str, str]:
    """The form of the page, as a browser would send it."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: value.replace("&lt;", "<").replace("&gt;", ">") for name, value in found}


def test_form_in_the_admin_is_sent_after_sign_in(client: Client, boss: None) -> None:
    lost = send(client, ADD, TYPED)
    assert way(lost).startswith("/account/login/?next=%2Faccount%2Fkept%2F")
    assert "what you typed is still there" in client.get(way(lost)).text
    kept = way(sign_in(client, way(lost), "boss@example.com"))
    page = client.get(kept).text
    assert "What you typed is still here" in page
    assert f'action="{ADD}"' in page
    assert hidden(page).items() >= TYPED.items()
    assert "<b>" not in page
    assert client.post(ADD, hidden(page)).status_code == 302
    assert RetryPolicy.objects.get().name == "Patient <b>"


def test_answer_in_the_portal_is_sent_after_sign_in(client: Client, people: People) -> None:
    lane = DeliverySettingsFactory.create(partner=people.partner, kind="portal")
    entry = EntryFactory.create(partner=people.partner, settings=lane)
    path = reverse("portal:reject", args=[entry.id])
    lost = send(client, path, {"reason": "no_fit", "note": "Too far north."})
    assert way(lost).startswith("/portal/login/?next=%2Faccount%2Fkept%2F")
    page = client.get(way(sign_in(client, way(lost), "owner@example.com"))).text
    client.post(path, hidden(page))
    assert Entry.objects.get().note == "Too far north."


def test_stale_token_of_who_is_signed_in_again(people: People, boss: None) -> None:
    """Signed out and in again in another tab: the form's token is an old one."""
    client = Client(enforce_csrf_checks=True)
    sign_in_for_real(client)
    page = send(client, ADD, {**TYPED, "csrfmiddlewaretoken": "x" * 64})
    assert page.status_code == 403
    assert STALE in page.text
    assert "nothing is lost" in page.text
    [kept] = re.findall(r'href="(/account/kept/[^"]+)"', page.text)
    form = client.get(kept).text
    assert hidden(form).items() >= TYPED.items()
    assert hidden(form)["csrfmiddlewaretoken"] != "x" * 64
    assert send(client, ADD, hidden(form)).status_code == 302


def sign_in_for_real(client: Client) -> None:
    door = reverse("account_login")
    token = hidden(client.get(door).text)["csrfmiddlewaretoken"]
    data = {"login": "boss@example.com", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert send(client, door, data).status_code == 302


def test_lost_cookies_lead_through_the_door(people: People) -> None:
    page = send(Client(enforce_csrf_checks=True), reverse("portal:theme"), {"theme": "dark"})
    assert page.status_code == 403
    assert re.search(r'href="/portal/login/\?next=%2Faccount%2Fkept%2F', page.text)


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example.com"}, {"Origin": "null"}, {"Origin": ""}]
)
def test_forms_of_other_sites_are_not_kept(client: Client, boss: None, headers: dict[str, str]) -> None:
    assert "kept" not in way(send(client, ADD, TYPED, **headers))
    strict = Client(enforce_csrf_checks=True).post(ADD, TYPED, headers=headers)
    assert "kept" not in strict.text.replace("it keeps happening", "")


def test_passwords_are_not_kept(client: Client, boss: None) -> None:
    lost = send(client, "/admin/password_change/", {"oldpassword": "planted", "password1": "planted"})
    assert "kept" not in way(lost)
    lost = send(
        client, "/admin/delivery/smtpaccount/add/", {"host": "smtp.example.com", "password": "planted"}
    )
    page = client.get(way(sign_in(client, way(lost), "boss@example.com"))).text
    assert "smtp.example.com" in page
    assert "planted" not in page


def test_header_values_are_not_kept(client: Client, boss: None) -> None:
    name, value = row_at(0)
    typed = {"name": "Acme", f"delivery-webhook-{name}": "X-API-Key", f"delivery-webhook-{value}": "planted"}
    lost = send(client, "/admin/partners/partner/add/", typed)
    page = client.get(way(sign_in(client, way(lost), "boss@example.com"))).text
    assert "X-API-Key" in page
    assert "planted" not in page


def test_sign_in_forms_are_not_kept(boss: None) -> None:
    for door in ("/account/login/", "/portal/login/"):
        page = send(Client(enforce_csrf_checks=True), door, {"login": "a@example.com", "password": "planted"})
        assert STALE in page.text
        assert f'href="{door}"' in page.text
        assert "planted" not in page.text


def test_parts_of_pages_and_large_forms_are_not_kept(client: Client, boss: None) -> None:
    assert "kept" not in way(send(client, ADD, TYPED, **{"HX-Request": "true"}))
    assert "kept" not in way(send(client, ADD, {"name": "x" * 70_000}))


def test_it_is_forgotten_after_a_quarter_of_an_hour(client: Client, boss: None) -> None:
    with time_machine.travel("2026-11-24 10:00:00Z", tick=False):
        kept = way(sign_in(client, way(send(client, ADD, TYPED)), "boss@example.com"))
    name = f"kept:{kept.split('/')[3]}"
    assert 0 < redis.Redis.from_url(settings.REDIS_URL).ttl(cache.make_key(name)) <= 900
    cache.delete(name)
    assert "Nothing is kept any more" in client.get(kept).text


def test_it_is_sealed_and_shown_to_nobody_before_sign_in(client: Client, boss: None) -> None:
    name = way(send(client, ADD, TYPED)).split("kept%2F")[1].removesuffix("%2F")
    assert "Patient" not in str(cache.get(f"kept:{name}"))
    assert way(client.get(f"/account/kept/{name}/")).startswith("/account/login/?next=")


def test_its_address_is_not_logged(
    client: Client, boss: None, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    kept = way(sign_in(client, way(send(client, ADD, TYPED)), "boss@example.com"))
    client.get(kept)
    logged = "".join(capfd.readouterr()) + caplog.text
    assert "/account/kept/" in logged
    assert kept.split("/")[3] not in logged


def test_nobody_fills_the_cache(client: Client, boss: None) -> None:
    ways = [way(send(client, ADD, TYPED)) for _ in range(11)]
    assert ["kept" in each for each in ways] == [True] * 10 + [False]


def test_changes_go_on_as_ever_for_who_is_signed_in(desk: Client) -> None:
    policy = RetryPolicyFactory.create()
    path = reverse("admin:partners_retrypolicy_change", args=[policy.pk])
    changed = {name: values[0] for name, values in controls(desk.get(path)).items()}
    assert way(send(desk, path, {**changed, "name": "New"})) == reverse(
        "admin:partners_retrypolicy_changelist"
    )
