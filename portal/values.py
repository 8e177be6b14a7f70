"""How a lead's values read on a page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leadflip.kit import show
from partners.sheet import Cell


@dataclass(frozen=True, slots=True)
class Shown:
    """A field for a template: its lines of text, and the address that they link to, if any."""

    label: str
    lines: tuple[str, ...] = ()
    link: str = ""
    encrypted: bool = False
    # A value that no key opens.
    lost: bool = False

    @property
    def is_web(self) -> bool:
        """Whether the link leads to another site."""
        return self.link.startswith("http")

    @property
    def text(self) -> str:
        """All in one line."""
        return ", ".join(self.lines)


def shown(cell: Cell) -> Shown:
    """The cell as text in the active time zone; without lines where it has no value."""
    if cell.value is None or cell.value in ("", [], {}):
        return Shown(cell.label, encrypted=cell.encrypted)
    lines = LINES.get(cell.type, _plain)(cell.value)
    link = LINKS.get(cell.type, _no_link)(str(cell.value))
    return Shown(cell.label, tuple(lines), link, cell.encrypted)


def text_of(type: str, value: Any) -> str:
    """The text alone of a value of a field's type, in one line."""
    if value is None or value in ("", [], {}):
        return ""
    return ", ".join(LINES.get(type, _plain)(value))


def _plain(value: Any) -> list[str]:
    return [str(value)]


def _date(value: Any) -> list[str]:
    return [date_format(date.fromisoformat(value), "j M Y")]


def _datetime(value: Any) -> list[str]:
    return [show.full_time(datetime.fromisoformat(value))]


def _checkbox(value: Any) -> list[str]:
    return [_("Yes") if value else _("No")]


def _choices(value: Any) -> list[str]:
    return [str(item) for item in value]


def _address(value: Any) -> list[str]:
    rows = (
        (" ", "street", "house_number"),
        (" ", "postcode", "city"),
        (", ", "state"),
        (", ", "country", "country_code"),
        (", ", "latitude", "longitude"),
    )
    texts = (
        between.join(str(value[part]) for part in row if value.get(part) not in (None, ""))
        for between, *row in rows
    )
    return [text for text in texts if text]


def _web(value: str) -> str:
    return value if value.startswith(("https://", "http://")) else ""


def _no_link(value: str) -> str:
    return ""


LINES: dict[str, Callable[[Any], list[str]]] = {
    "date": _date,
    "datetime": _datetime,
    "checkbox": _checkbox,
    "multi_select": _choices,
    "address": _address,
}
LINKS: dict[str, Callable[[str], str]] = {
    "email": lambda value: f"mailto:{quote(value, safe='@')}",
    "phone": lambda value: f"tel:{quote(value, safe='+')}",
    "url": _web,
}
