"""The staff roles: which permissions the groups admin, operator and viewer have.

The table is the truth: after every migrate the groups hold exactly what stands here.
"""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models import User

ADMIN, OPERATOR, VIEWER = "admin", "operator", "viewer"
WORDS = {ADMIN: _("Admin"), OPERATOR: _("Operator"), VIEWER: _("Viewer")}

FULL = ("add", "change", "delete", "view")
READ = ("view",)
ACT = ("view", "act")
TYPE_IN = ("add", "change", "view", "reveal")
NONE: tuple[str, ...] = ()

# App and model → what (admin, operator, viewer) may do. Jobs and decisions are made by the product:
# nobody adds or deletes them. Leads are typed in and changed on pages of their own. The attempt's body
# is what was sent and answered, sealed.
TABLE: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "partners": {
        "user": (FULL, READ, READ),
        "member": (FULL, READ, READ),
        "partner": (FULL, READ, READ),
        "deliverysettings": (FULL, READ, READ),
        "retrypolicy": (FULL, READ, READ),
        "auditentry": (READ, READ, NONE),
    },
    "portal": {
        "entry": (READ, READ, READ),
        "entryevent": (READ, READ, READ),
    },
    "delivery": {
        "smtpaccount": (FULL, READ, READ),
        "bouncebox": (("change", "view"), READ, READ),
        "bouncemail": (READ, READ, READ),
        "job": (ACT, ACT, READ),
        "lane": (ACT, ACT, READ),
        "alert": (ACT, ACT, READ),
        "attempt": (READ, READ, READ),
        "attemptbody": (READ, READ, NONE),
    },
    "distribution": {
        "entity": (FULL, READ, READ),
        "field": (FULL, READ, READ),
        "profile": (FULL, READ, READ),
        "assignment": (FULL, READ, READ),
        "profileversion": (READ, READ, READ),
        "apikey": (FULL, READ, READ),
        "hostedform": (FULL, READ, READ),
        "lead": (TYPE_IN, TYPE_IN, READ),
        "import": (("add", "view"), NONE, NONE),
        "decision": (READ, READ, READ),
        # Finds, gives out and erases all that is known of one person.
        "erasure": (("add", "view"), NONE, NONE),
    },
}


def of(person: User) -> str:
    """The role of somebody on the staff, "" for all others. A superuser is an admin."""
    if not person.is_staff:
        return ""
    if person.is_superuser:
        return ADMIN
    held = {group.name for group in person.groups.all()}
    return next((role for role in WORDS if role in held), "")


def holding(role: str) -> Q:
    """A filter for the people of one role; a superuser is an admin."""
    held = Q(pk__in=User.objects.filter(groups__name=role).values("pk"))
    return Q(is_staff=True) & (held | Q(is_superuser=True) if role == ADMIN else held & Q(is_superuser=False))


def who_may(permission: str) -> list[str]:
    """The roles, in words, that hold "app.verb_model"; the admin's alone where the table has no such row."""
    app, _dot, codename = permission.partition(".")
    verb, _line, model = codename.partition("_")
    held = TABLE.get(app, {}).get(model, ((verb,), NONE, NONE))
    return [str(words) for words, verbs in zip(WORDS.values(), held, strict=True) if verb in verbs]


def prepare(person: User, role: str) -> None:
    """Sets the columns that go with a role ("" for none); the caller saves, then calls `give`."""
    person.is_staff = bool(role)
    person.is_superuser = person.is_superuser and role == ADMIN


def give(person: User, role: str) -> None:
    """Puts a saved person into the group of the role, and out of the others."""
    person.groups.set(Group.objects.filter(name=role))


def is_last_admin(person: User, *, lock: bool = False) -> bool:
    """Whether nobody else could administer the installation without `person`.

    With `lock`, in a transaction: nobody else changes an admin until it ends.
    """
    admins = User.objects.filter(holding(ADMIN), is_active=True)
    if lock:
        admins = admins.order_by("pk").select_for_update(no_key=True)
    ids = set(admins.values_list("pk", flat=True))
    return ids == {person.pk}


def grant(app_config: AppConfig, using: str, apps: Apps = installed, **kwargs: Any) -> None:
    """Receiver of `post_migrate`: one app's permissions, as the table has them."""
    models = TABLE.get(app_config.label)
    if models is None:
        return
    create_permissions(app_config, verbosity=0, using=using, apps=apps)
    for place, role in enumerate((ADMIN, OPERATOR, VIEWER)):
        wanted = {f"{verb}_{model}" for model, verbs in models.items() for verb in verbs[place]}
        _set(role, app_config.label, wanted, using, apps)


def _set(role: str, app_label: str, wanted: set[str], using: str, apps: Apps) -> None:
    group, _made = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=role)
    of_app = (
        apps.get_model("auth", "Permission").objects.using(using).filter(content_type__app_label=app_label)
    )
    group.permissions.remove(*of_app.exclude(codename__in=wanted))
    group.permissions.add(*of_app.filter(codename__in=wanted))
