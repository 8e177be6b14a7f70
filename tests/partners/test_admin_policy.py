"""Retry policies in the admin."""

import pytest
from django.test import Client

from partners.models import RetryPolicy, Revision
from tests.factories import DeliverySettingsFactory, PartnerFactory, RetryPolicyFactory
from tests.forms import controls, errors, submit


@pytest.fixture
def acme_page(db: None) -> str:
    return f"/admin/partners/partner/{PartnerFactory.create().pk}/change/"


ADD = "/admin/partners/retrypolicy/add/"


def test_add(desk: Client) -> None:
    before = Revision.current()
    assert submit(desk, ADD, {"name": "Quick", "waits": "5, 30,120", "timeout": "10"}).status_code == 302
    policy = RetryPolicy.objects.get()
    assert (policy.waits, policy.timeout) == ([5, 30, 120], 10)
    assert Revision.current() == before + 1
    shown = desk.get("/admin/partners/retrypolicy/").content.decode()
    assert "4 attempts, the last one 2 min 35 s after the first" in shown


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"waits": "5, 999999"}, "999999 seconds are longer than 7 days"),
        ({"waits": "5; 30"}, "“5; 30” is no number of seconds"),
        ({"waits": "-5"}, "is no number of seconds"),
        ({"waits": ",".join("5" * 21)}, "at most 20 waits"),
        ({"timeout": "31"}, "less than or equal to 30"),
    ],
)
def test_bounds(desk: Client, changes: dict[str, str], fault: str) -> None:
    answer = submit(desk, ADD, {"name": "Slow", **changes})
    assert fault in errors(answer)
    assert not RetryPolicy.objects.exists()
    for name, value in changes.items():
        assert controls(answer)[name] == [value]


def test_change_shows_and_keeps_the_waits(desk: Client) -> None:
    policy = RetryPolicy.objects.create(name="Quick", waits=[5, 30])
    assert submit(desk, f"/admin/partners/retrypolicy/{policy.pk}/change/", {}).status_code == 302
    policy.refresh_from_db()
    assert policy.waits == [5, 30]


@pytest.mark.parametrize(
    ("waits", "shown"),
    [
        ("5, 30, 120, 600, 3600, 14400, 43200", "8 attempts, the last one 17 h 12 min after the first"),
        ("0, 90000", "3 attempts, the last one 1 d 1 h after the first"),
        ("", "<strong>1 attempt</strong>"),
        ("5; x", "Shown as soon as the waits can be read."),
        ("9" * 400, "Shown as soon as the waits can be read."),
    ],
)
def test_time_line_follows_what_is_typed(desk: Client, waits: str, shown: str) -> None:
    assert shown in desk.get("/admin/partners/retrypolicy/line/", {"waits": waits}).content.decode()


def test_time_line_stands_with_the_waits_and_in_the_choices(desk: Client, acme_page: str) -> None:
    policy = RetryPolicy.objects.create(name="Quick", waits=[5, 30])
    html = desk.get(f"/admin/partners/retrypolicy/{policy.pk}/change/").content.decode()
    assert "<li><span>3</span> after 35 s</li>" in html
    for page in (acme_page, "/admin/distribution/profile/add/"):
        assert "Quick: 3 attempts, the last one 35 s after the first" in desk.get(page).content.decode()


def test_delete_raises_the_revision(desk: Client) -> None:
    policy = RetryPolicy.objects.create(name="Gone")
    before = Revision.current()
    desk.post(f"/admin/partners/retrypolicy/{policy.pk}/delete/", {"post": "yes"})
    assert not RetryPolicy.objects.exists()
    assert Revision.current() == before + 1


def test_policy_in_use_stays(desk: Client) -> None:
    policy = RetryPolicyFactory.create()
    DeliverySettingsFactory.create(policy=policy)
    url = f"/admin/partners/retrypolicy/{policy.pk}/delete/"
    assert desk.post(url, {"post": "yes"}).status_code == 403
    assert url not in desk.get(url.replace("delete", "change")).content.decode()
    assert RetryPolicy.objects.exists()
