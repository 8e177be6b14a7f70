"""What happened to a lead, as each app tells it; the lead's page puts the stories in one order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """“Acme: chosen”, where `who` leads to `link`."""

    who: str
    link: str
    text: str
    chosen: bool = False

    def __str__(self) -> str:
        return f"{self.who}: {self.text}"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `look` names a badge's look (see `templatetags.kit.LOOKS`).

    `link` is an address for `title`, `lines` are sentences that belong to it, each of a text or a `Line`.
    """

    at: datetime
    look: str
    label: Any
    title: str
    detail: str = ""
    link: str = ""
    lines: Sequence["str | Line"] = ()
    ranked: bool = False
    anchor: str = ""


def merged(*stories: Iterable[Event]) -> list[Event]:
    """All events, the earliest first; those of one instant in the order of the stories."""
    return sorted((event for story in stories for event in story), key=lambda event: event.at)
