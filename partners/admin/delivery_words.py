"""Delivery settings in words, for lists and for those who may only read them. Holds no secret."""

from typing import Any

from django.utils.translation import gettext, ngettext

from partners.kinds import KINDS
from partners.models import DeliverySettings, Partner


def summary(row: DeliverySettings | None) -> str:
    """A settings row in a few words, such as “Webhook · crm.example.com”."""
    if row is None:
        return gettext("No delivery method yet")
    return " · ".join(filter(None, [str(row.get_kind_display()), row.host]))


def own_words(partner: Partner, profiles: int) -> str:
    """“Acme's own settings: used by 3 profiles”."""
    words = ngettext(
        "%(partner)s's own settings: used by %(count)d profile",
        "%(partner)s's own settings: used by %(count)d profiles",
        profiles,
    )
    return words % {"partner": partner, "count": profiles}


def facts(row: DeliverySettings) -> list[tuple[str, str]]:
    """Label and value of each thing that a row holds in the open."""
    kind = KINDS[row.kind]
    return [
        (gettext("Delivery method"), str(row.get_kind_display())),
        *(
            (str(field.label), _words(row.config[name]))
            for name, field in kind.form.base_fields.items()
            if name in row.config
        ),
        *kind.facts(row.config),
        (gettext("Retry policy"), str(row.policy or gettext("The profile's, else the standard one"))),
        (gettext("Fields that are sent"), gettext("Everything") if row.everything else gettext("Some")),
    ]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
