"""Names of things that have no label of their own."""

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
