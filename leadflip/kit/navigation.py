"""The sidebar of the admin: its groups, and what stands in each, by name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Page:
    """A page of our own: its URL name, its words, and the permission without which it is hidden."""

    url: str
    title: Words
    permission: str


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the sidebar. Its items are pages, and models as "app.model"."""

    key: str
    title: Words
    items: tuple[Page | str, ...]


GROUPS = (
    Group(
        "operations",
        _("Operations"),
        (
            Page("delivery:log", _("Delivery log"), "delivery.view_job"),
            Page("delivery:bulk_actions", _("Bulk actions"), "delivery.view_job"),
            Page("delivery:destinations", _("Destinations"), "delivery.view_lane"),
            Page("answers", _("Answers"), "portal.view_entry"),
            Page("delivery:alerts", _("Alerts"), "delivery.view_alert"),
            "distribution.lead",
            "delivery.bouncemail",
        ),
    ),
    Group("distribution", _("Distribution"), ("distribution.profile", "distribution.entity")),
    Group("partners", _("Partners"), ("partners.partner", "partners.retrypolicy")),
    Group(
        "intake",
        _("Intake"),
        (
            Page("imports:index", _("CSV imports"), "distribution.add_import"),
            "distribution.apikey",
            "distribution.hostedform",
        ),
    ),
    Group(
        "system",
        _("System"),
        (
            "partners.user",
            "delivery.smtpaccount",
            "delivery.bouncebox",
            Page("audit:log", _("Audit log"), "partners.view_auditentry"),
            Page("erasing:find", _("Erase a person"), "distribution.add_erasure"),
        ),
    ),
)
PLACED = {item for group in GROUPS for item in group.items if isinstance(item, str)}
LAST = GROUPS[-1].key


def groups(
    models: Mapping[str, dict[str, Any]], user: AbstractBaseUser | AnonymousUser
) -> list[dict[str, Any]]:
    """The groups that hold something for `user`, in the form of `AdminSite.get_app_list`.

    `models` are the site's own entries by "app.model"; those that no group names join the last one.
    """
    filled = ((group, list(_entries(group, models, user))) for group in GROUPS)
    return [_heading(group, entries) for group, entries in filled if entries]


def _entries(
    group: Group, models: Mapping[str, dict[str, Any]], user: AbstractBaseUser | AnonymousUser
) -> Iterator[dict[str, Any]]:
    for item in (*group.items, *_unplaced(group, models)):
        if isinstance(item, Page):
            yield from _page(item, user)
        elif item in models:
            yield models[item]


def _unplaced(group: Group, models: Iterable[str]) -> list[str]:
    return sorted(name for name in models if name not in PLACED) if group.key == LAST else []


def _page(page: Page, user: AbstractBaseUser | AnonymousUser) -> Iterator[dict[str, Any]]:
    if not isinstance(user, PermissionsMixin) or not user.has_perm(page.permission):
        return
    try:
        address = reverse(page.url)
    except NoReverseMatch:
        return
    yield {
        "name": page.title,
        "object_name": page.url.replace(":", "-"),
        "perms": {"view": True},
        "admin_url": address,
        "add_url": None,
        "view_only": True,
    }


def _heading(group: Group, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": group.title,
        "app_label": group.key,
        "app_url": entries[0]["admin_url"],
        "has_module_perms": True,
        "models": entries,
    }
