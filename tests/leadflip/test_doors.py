"""Who may see what: every URL of the site for every role, by the table in `doors.txt`.

A new URL belongs into the table; the failing test says with which line. Look at it before you add it.
"""

from collections.abc import Iterator

import pytest
from django.test.utils import override_settings
from django.urls import include, path

from leadflip import urls
from tests.leadflip.doors import ROLES, House, names, patterns, read

OUTSIDE = ("anonymous", "key", "partner", "foreign", "colleague")


class Site:
    """All that there is, the demo's pages too."""

    urlpatterns = [*urls.urlpatterns, path("sample/", include("leadflip.run.sample.urls"))]
    handler400, handler403 = urls.handler400, urls.handler403
    handler404, handler500 = urls.handler404, urls.handler500
    handler429 = urls.handler429


@pytest.fixture(autouse=True)
def _whole_site() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=Site):
        yield


def test_the_table_names_every_url_and_no_other() -> None:
    lines, known = read(), patterns()
    missing = [pattern for pattern in known if not any(names(line, pattern) for line in lines)]
    gone = [line.url for line in lines if not any(names(line, pattern) for pattern in known)]
    assert (missing, gone) == ([], [])


def test_every_role_gets_what_the_table_says(db: None) -> None:
    house = House()
    wrong = [str(true) for line in read() if (true := house.answers(line.url)) != line]
    assert wrong == [], "\n".join(["What is true now:", *wrong])


def test_new_urls_are_shown_with_their_answers(db: None) -> None:
    lines, house = read(), House()
    missing = [pattern for pattern in patterns() if not any(names(line, pattern) for line in lines)]
    new = [str(house.answers(url)) for url in missing]
    assert new == [], "\n".join(["Add to doors.txt, if it is meant so:", *new])


@pytest.mark.parametrize("role", OUTSIDE)
def test_the_admin_is_closed_to_all_but_staff(role: str) -> None:
    """The door, the way to it and 403: nothing else under /admin/ is answered to others."""
    place = ROLES.index(role)
    open_ = [line.url for line in read() if line.url.startswith("/admin/") and not _shut(line.cells[place])]
    # Leads on to the index, and so to the door.
    assert open_ == ["/admin/logout/"]


@pytest.mark.parametrize("role", ["anonymous", "key"])
def test_the_portal_is_closed_to_who_is_not_signed_in(role: str) -> None:
    place = ROLES.index(role)
    open_ = [line.url for line in read() if line.url.startswith("/portal/") and not _shut(line.cells[place])]
    # Behind a link's secret stands a form.
    assert open_ == ["/portal/login/", "/portal/join/<str:token>/", "/portal/news/<str:token>/"]


def test_colleagues_get_the_same() -> None:
    """But for people and settings, which owners alone decide on, and the owner's own second factor."""
    partner, colleague = ROLES.index("partner"), ROLES.index("colleague")
    differ = [line.url for line in read() if line.cells[partner] != line.cells[colleague]]
    own = ("/portal/people/", "/portal/caps/", "/portal/deliveries/address/", "/account/second-factor/")
    assert [url for url in differ if not url.startswith(own)] == []


def test_foreign_leads_are_404() -> None:
    foreign = ROLES.index("foreign")
    answers = {line.cells[foreign] for line in read() if line.url.startswith("/portal/leads/")}
    assert answers <= {"404", "404/405", "405/404"}


def test_no_url_fails() -> None:
    assert [line.url for line in read() if any("500" in cell for cell in line.cells)] == []


def _shut(cell: str) -> bool:
    return set(cell.split("/")) <= {"A", "P", "403", "405"}
