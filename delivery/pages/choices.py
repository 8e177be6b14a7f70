"""What the log's filters offer of other tables: (id as text, name), a query each."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from delivery.models import Job
from partners.models import Partner
from partners.sheet import reader

Choices = list[tuple[str, str]]


def partners() -> Choices:
    """All partners, by name."""
    return _texts(Partner.objects.order_by("name", "id").values_list("id", "name"))


def profiles() -> Choices:
    """All profiles, by name."""
    profile: Any = _assignment()._meta.get_field("profile").related_model
    return _texts(profile.objects.order_by("name", "id").values_list("id", "name"))


def assignments(profile: str) -> list[int]:
    """The ids of a profile's assignments: known ones let the database look into the right index."""
    return list(_assignment().objects.filter(profile=profile).values_list("id", flat=True))


def _assignment() -> Any:
    """Found by the job's own key, since the app above is not imported."""
    return Job._meta.get_field("assignment").related_model


def entities() -> Choices:
    """All entities, by name."""
    return _texts(reader().entities())


def _texts(rows: Iterable[tuple[int, str]]) -> Choices:
    return [(str(number), name) for number, name in rows]


LISTS: Mapping[str, Callable[[], Choices]] = {
    "partner": partners,
    "profile": profiles,
    "entity": entities,
}
