"""One page of the tour."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Scene:
    """One page: the picture's name, its address, who looks, and what is done on it first."""

    name: str
    path: str
    who: str = "admin"
    act: Callable[[Page], object] | None = None
    # A selector: only this part of the page.
    part: str = "html"
    # What the address answers.
    status: int = 200
