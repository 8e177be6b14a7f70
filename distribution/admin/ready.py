"""Ready-made entities: what the form for a new one begins with, to be changed and saved."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

READY = "ready"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ready:
    """`slug` also names it in the address of the form."""

    slug: str
    name: str
    fields: tuple[Row, ...]

    @property
    def initial(self) -> Row:
        """What stands above the fields."""
        return {"name": self.name, "slug": self.slug, "display_field": "last_name"}


def chosen(request: HttpRequest) -> Ready | None:
    """The one that the address asks for."""
    return next((each for each in ready_made() if each.slug == request.GET.get(READY)), None)


def ready_made() -> tuple[Ready, ...]:
    """All three, in the reader's language."""
    return (
        Ready("solar-lead", _("Solar lead"), (*_person(), *_solar())),
        Ready("insurance-lead", _("Insurance lead"), (*_person(), *_insurance())),
        Ready("home-service-lead", _("Home service lead"), (*_person(), *_home_service())),
    )


def _person() -> list[Row]:
    return [
        _row("first_name", _("First name")),
        _row("last_name", _("Last name"), required=True),
        _row("email", _("E-mail"), "email", required=True, match_order=1),
        _row("phone", _("Phone"), "phone", match_order=2),
        _row("address", _("Address"), "address"),
    ]


def _solar() -> list[Row]:
    return [
        _row("roof", _("Roof"), "select", options=[_("Flat"), _("Gable"), _("Hip"), _("Other")]),
        _row("roof_area", _("Roof area in m²"), "number"),
        _row("owner", _("Owns the house"), "checkbox"),
        _row("meter_number", _("Meter number"), encrypted=True),
    ]


def _insurance() -> list[Row]:
    kinds = [_("Health"), _("Life"), _("Car"), _("Household"), _("Liability")]
    return [
        _row("cover", _("Cover"), "multi_select", required=True, options=kinds),
        _row("begins", _("Begins on"), "date"),
        _row("birthday", _("Date of birth"), "date", encrypted=True),
    ]


def _home_service() -> list[Row]:
    trades = [_("Plumbing"), _("Heating"), _("Electrical"), _("Painting"), _("Roofing"), _("Other")]
    return [
        _row("trade", _("Trade"), "select", required=True, options=trades),
        _row("wanted_at", _("Wanted at"), "datetime"),
        _row("work", _("What is to be done"), "textarea"),
        _row("way_in", _("How to get in"), encrypted=True),
    ]


def _row(key: str, label: str, type_: str = "text", **more: Any) -> Row:
    return {"key": key, "label": label, "type": type_, **more}
