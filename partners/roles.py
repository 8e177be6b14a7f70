"""The staff roles: which permissions the groups admin, operator and viewer have.

The table is the truth: after every migrate the groups hold exactly what stands here.
"""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.models import Q

from partners.models import User

ADMIN, OPERATOR, VIEWER = "admin", "operator", "viewer"

FULL = ("add", "change", "delete", "view")
READ = ("view",)
ACT = ("view", "act")
NONE: tuple[str, ...] = ()

# App and model → what (admin, operator, viewer) may do. Leads, jobs and decisions are made by the
# product: nobody adds or deletes them. The attempt's body is what was sent and answered, sealed.
TABLE: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "partners": {
        "user": (FULL, READ, READ),
        "member": (FULL, READ, READ),
        "partner": (FULL, READ, READ),
        "deliverysettings": (FULL, READ, READ),
        "retrypolicy": (FULL, READ, READ),
    },
    "portal": {
        "entry": (READ, READ, READ),
        "entryevent": (READ, READ, READ),
    },
    "delivery": {
        "smtpaccount": (FULL, READ, READ),
        "job": (ACT, ACT, READ),
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
        "lead": (READ, READ, READ),
        "decision": (READ, READ, READ),
    },
}


def is_last_admin(person: User) -> bool:
    """Whether nobody else could administer the installation without `person`."""
    admins = User.objects.filter(Q(is_superuser=True) | Q(groups__name=ADMIN), is_active=True, is_staff=True)
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
    group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=role)
    of_app = (
        apps.get_model("auth", "Permission").objects.using(using).filter(content_type__app_label=app_label)
    )
    group.permissions.remove(*of_app.exclude(codename__in=wanted))
    group.permissions.add(*of_app.filter(codename__in=wanted))
