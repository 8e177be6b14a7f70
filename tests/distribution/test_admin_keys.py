"""API keys: shown once when made, never again; revoked and put back."""

from django.test import Client
from django.urls import reverse

from distribution.models import ApiKey, Entity
from leadflip.kit.digest import fingerprint
from tests import factories as f
from tests.forms import submit

ADD = "/admin/distribution/apikey/add/"
LIST = "/admin/distribution/apikey/"


def secret_of(html: str) -> str:
    return html.partition('<code class="secret">')[2].partition("</code>")[0]


def test_made_key_is_shown_once(desk: Client, entity: Entity) -> None:
    answer = submit(desk, ADD, {"name": "Landing page", "source": "web", "entities": [str(entity.pk)]})
    assert answer.headers["Location"] == reverse("admin:once")
    key = ApiKey.objects.get()
    assert (key.name, key.source, list(key.entities.all())) == ("Landing page", "web", [entity])
    plain = secret_of(desk.get(reverse("admin:once")).content.decode())
    assert fingerprint(plain) == bytes(key.digest)
    for url in (reverse("admin:once"), LIST, f"{LIST}{key.pk}/change/", f"{LIST}{key.pk}/history/"):
        assert plain not in desk.get(url).content.decode()
    assert key.prefix in desk.get(LIST).content.decode()


def test_key_of_one_admin_is_not_shown_to_another(desk: Client) -> None:
    submit(desk, ADD, {"name": "Landing page"})
    desk.force_login(f.UserFactory.create(admin=True))
    assert secret_of(desk.get(reverse("admin:once")).content.decode()) == ""


def test_change_keeps_the_key(desk: Client) -> None:
    key = f.ApiKeyFactory.create()
    digest = bytes(key.digest)
    assert submit(desk, f"{LIST}{key.pk}/change/", {"name": "Renamed"}).headers["Location"] == LIST
    key.refresh_from_db()
    assert (key.name, bytes(key.digest)) == ("Renamed", digest)


def test_revoke_and_put_back(desk: Client) -> None:
    key, other = f.ApiKeyFactory.create(), f.ApiKeyFactory.create()
    answer = desk.post(LIST, {"action": "revoke", "_selected_action": [str(key.pk)]}, follow=True)
    assert "1 key revoked" in answer.content.decode()
    key.refresh_from_db()
    other.refresh_from_db()
    assert key.revoked_at is not None
    assert other.revoked_at is None
    desk.post(LIST, {"action": "put_back", "_selected_action": [str(key.pk)]})
    key.refresh_from_db()
    assert key.revoked_at is None


def test_keys_are_not_deleted(desk: Client) -> None:
    key = f.ApiKeyFactory.create()
    assert desk.post(f"{LIST}{key.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(LIST, {"action": "delete_selected", "_selected_action": [str(key.pk)], "post": "yes"})
    assert ApiKey.objects.filter(pk=key.pk).exists()


def test_key_has_its_own_rate_scope_and_duplicates(desk: Client) -> None:
    submit(desk, ADD, {"name": "Landing page", "duplicates": "update", "rate": "60", "audit": "on"})
    key = ApiKey.objects.get()
    assert (key.duplicates, key.rate, key.audit) == ("update", 60, True)
    submit(desk, f"{LIST}{key.pk}/change/", {"rate": "", "audit": None})
    key.refresh_from_db()
    assert (key.duplicates, key.rate, key.audit) == ("update", None, False)
