"""What entities, profiles and their partners are in words, for the audit log."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from distribution import usage
from distribution.admin import hours
from distribution.admin.assignment_delivery import scope_of
from distribution.admin.duplicates import WAYS, EntityForm
from distribution.fields import FieldSpec
from distribution.models import ApiKey, Assignment, Entity, Field, Profile
from distribution.models.entity import OnDuplicate
from distribution.rules.words import rules_words
from partners.audit import Hidden, Told, columns, teller
from partners.models import DeliverySettings


@teller(Entity)
def entity(row: Entity) -> Told:
    """With its fields."""
    about = columns(row, without=("duplicates",))
    for name, way in WAYS.items():
        label = EntityForm.base_fields[name].label or name
        chosen = OnDuplicate(row.duplicates.get(way, OnDuplicate.SKIP)).label
        about.put(name, _("Duplicates: %s") % label, chosen)
    about.add(row.fields.order_by("position", "pk"), named=lambda each: _("Field %s") % each)
    return about


@teller(Field)
def field(row: Field) -> Told:
    """Whether it is archived is of interest, not when."""
    about = columns(row, without=("entity", "archived_at"))
    about.put("archived", _("Archived"), row.archived_at is not None)
    return about


@teller(ApiKey)
def key(row: ApiKey) -> Told:
    """Of what signs its call-backs only that there is something."""
    about = columns(row)
    about.put("callback_secret", _("Signing secret"), Hidden(bytes(row.sealed or b"")))
    return about


@teller(Profile)
def profile(row: Profile) -> Told:
    """With its rules as a sentence and its partners, whose delivery is on pages of their own."""
    about, fields = columns(row, without=("rules",)), usage.live_fields(row.entity)
    about.put("rules", _("Rules"), rules_words(row.rules, fields))
    for seat in row.assignments.select_related("partner", "settings").order_by("pk"):
        about.rows[f"assignment.{seat.pk}"] = (str(seat.partner), _seat(seat, fields))
    return about


@teller(Assignment)
def assignment(row: Assignment) -> Told:
    """With its rules and hours in words, and the settings that are only its own."""
    about = _seat(row, usage.live_fields(row.profile.entity))
    about.add(DeliverySettings.objects.filter(scope=scope_of(row)).select_related("policy").order_by("pk"))
    return about


def _seat(row: Assignment, fields: Mapping[str, FieldSpec]) -> Told:
    about = columns(row, without=("profile", "partner", "rules", "hours", "settings"))
    about.put("rules", _("Rules"), rules_words(row.rules, fields))
    for label, times in hours.days(row):
        about.put(f"hours.{label}", _("Open hours: %s") % label, times)
    own = _("Only for this assignment") if row.settings_id else _("The partner's own")
    about.put("settings", _("Whose settings"), f"{own}: {row.settings}" if row.settings else own)
    return about
