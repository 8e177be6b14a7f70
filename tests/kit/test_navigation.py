"""The sidebar's groups: in their order, without what the user may not see."""

from typing import Any

from django.contrib.auth.models import AnonymousUser

from leadflip.kit import navigation
from partners.models import User
from tests.factories import UserFactory


def entry(name: str) -> dict[str, Any]:
    return {"name": name, "object_name": name, "admin_url": f"/{name}/"}


def names(groups: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {group["app_label"]: [str(each["name"]) for each in group["models"]] for group in groups}


ADMIN = User(is_superuser=True, is_active=True)


def test_models_and_pages_stand_in_their_groups() -> None:
    models = {"distribution.lead": entry("Leads"), "distribution.profile": entry("Profiles")}
    assert names(navigation.groups(models, ADMIN)) == {
        "operations": ["Delivery log", "Bulk actions", "Destinations", "Answers", "Alerts", "Leads"],
        "distribution": ["Profiles"],
        "intake": ["CSV imports"],
        "system": ["Audit log", "Erase a person"],
    }


def test_page_is_hidden_without_its_permission(db: None) -> None:
    models = {"distribution.lead": entry("Leads")}
    for nobody in (UserFactory.create(is_staff=True), AnonymousUser()):
        assert names(navigation.groups(models, nobody)) == {"operations": ["Leads"]}


def test_unknown_model_joins_the_last_group() -> None:
    models = {"partners.user": entry("People"), "other.thing": entry("Things")}
    assert names(navigation.groups(models, ADMIN))["system"] == [
        "People",
        "Audit log",
        "Erase a person",
        "Things",
    ]


def test_heading_leads_to_its_first_item() -> None:
    models = {"distribution.profile": entry("Profiles"), "distribution.entity": entry("Entities")}
    heading = next(each for each in navigation.groups(models, ADMIN) if each["app_label"] == "distribution")
    assert heading["app_url"] == "/Profiles/"
