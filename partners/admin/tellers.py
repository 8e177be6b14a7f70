"""What partners, their delivery and people are in words, for the audit log."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from leadflip.kit.crypto import SealError
from partners import roles
from partners.admin.delivery_words import facts
from partners.audit import Hidden, Told, columns, teller
from partners.models import DeliverySettings, Member, Partner, User
from partners.outgoing.secrets import name_of
from partners.sheet import reader

# Columns of people that are told in other words, or not at all.
UNTOLD = ("password", "is_staff", "is_superuser", "last_login", "groups", "user_permissions")
_PARTS = {
    "ticks": gettext_lazy("Ticked fields"),
    "subject": gettext_lazy("Subject"),
    "body": gettext_lazy("Body"),
    "shape": gettext_lazy("Payload shape"),
}


@teller(Partner)
def partner(row: Partner) -> Told:
    """With who may enter its portal, and its own settings of each method."""
    about = columns(row)
    about.add(row.members.select_related("user").order_by("pk"))
    about.add(row.delivery_settings.filter(scope="").select_related("policy").order_by("pk"))
    return about


@teller(DeliverySettings)
def settings(row: DeliverySettings) -> Told:
    """Address, ticks and texts; of secrets only that there are some."""
    about = Told()
    for label, value in facts(row):
        about.put(label, label, value)
    for label, secret in _secrets(row):
        about.put(label, label, Hidden(secret))
    for entity, name in _entities(row).items():
        for part, called in _PARTS.items():
            about.put(f"{entity}.{part}", f"{name}: {called}", row.per_entity[entity].get(part))
    return about


def _entities(row: DeliverySettings) -> dict[str, str]:
    names = {str(sheet.entity_id): name for name, sheet in reader().examples(None)} if row.per_entity else {}
    return {entity: names.get(entity, gettext("Entity %s") % entity) for entity in row.per_entity}


def _secrets(row: DeliverySettings) -> Iterator[tuple[str, Any]]:
    try:
        opened: Mapping[str, Any] = row.secrets()
    except SealError:
        yield gettext("Secrets"), bytes(row.sealed or b"")
        return
    for name, value in (opened.get("headers") or {}).items():
        yield gettext("Value of the header %s") % name, value
    for entry in opened.get("signing") or ():
        # With its end, which is a change too.
        yield gettext("Signing secret %s") % name_of(entry["secret"]), entry
    if rest := {name: opened[name] for name in opened if name not in ("headers", "signing")}:
        yield gettext("Secrets"), rest


@teller(User)
def person(row: User) -> Told:
    """With role and portals; of the password only that there is one."""
    about = columns(row, without=UNTOLD)
    about.put("role", gettext("Role"), str(roles.WORDS.get(roles.of(row), "")))
    about.put("password", gettext("Password"), Hidden(row.password if row.has_usable_password() else ""))
    about.add(row.memberships.select_related("partner").order_by("pk"))
    return about


@teller(Member)
def member(row: Member) -> Told:
    """What may change: the role."""
    return columns(row, without=("user", "partner"))
