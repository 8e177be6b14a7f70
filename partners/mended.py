"""Tells those above that the way to a partner was changed, so that old failures say nothing of it any more.

`distribution` registers what `delivery` does then.
"""

from collections.abc import Callable

Heard = Callable[[int], None]

_registered: list[Heard] = []


def register_mended(heard: Heard) -> None:
    """Called once, by distribution's AppConfig; `heard` gets the settings' id, in the save's transaction."""
    _registered[:] = [heard]


def tell_mended(settings_id: int) -> None:
    """Called at a save that changed a connection or its secrets."""
    for heard in _registered:
        heard(settings_id)
