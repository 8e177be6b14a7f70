"""Names of things that have no label of their own."""

from collections.abc import Mapping
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

PART_LABELS = {
    "street": _("Street"),
    "house_number": _("House number"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "state": _("State"),
    "country": _("Country"),
    "country_code": _("Country code"),
    "latitude": _("Latitude"),
    "longitude": _("Longitude"),
}


def part_labels() -> Mapping[str, str]:
    """The same in the language in force: a letter has several, and each would be looked up anew."""
    return _part_labels(get_language())


@lru_cache(maxsize=16)
def _part_labels(language: str | None) -> Mapping[str, str]:
    return {part: str(label) for part, label in PART_LABELS.items()}
