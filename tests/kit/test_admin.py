"""What all lists of the admin have."""

from django.test import Client

LIST = "/admin/partners/partner/"


def test_empty_lists_say_why(desk: Client) -> None:
    html = desk.get(LIST).content.decode()
    assert "Partners receive leads" in html
    assert '<a class="button" href="/admin/partners/partner/add/">Add partner</a>' in html
    html = desk.get(f"{LIST}?q=nobody").content.decode()
    assert "Nothing matches" in html
    assert '<a href="?">Clear filters</a>' in html
    assert "Partners receive leads" not in html
