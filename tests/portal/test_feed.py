from django.test import Client
from django.urls import reverse

from tests.people import People
from tests.portal.conftest import EntryMaker


def test_feed_shows_waiting_leads_by_their_display_field(
    client: Client, people: People, make_entry: EntryMaker
) -> None:
    make_entry({"name": "Ana Example", "phone": "+49301234567"})
    client.force_login(people.owner)
    page = client.get(reverse("portal:feed"))
    assert page.status_code == 200
    assert "Ana Example" in page.text
    assert "+49301234567" in page.text
