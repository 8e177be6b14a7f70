"""The standard subject, body and payload as templates: what is sent where an entity has none of its own.

`delivery.letter.write` and `delivery.payload` make letter and payload; these are their words for whoever
wants to change them.
"""

import html as markup
import json
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from partners.sheet import ADDRESS_PARTS, Column, Ticks
from partners.templating.targets import RESERVED
from partners.words import PART_LABELS

MOMENT = '|date("%Y-%m-%d %H:%M")'


def subject(columns: Sequence[Column], ticks: Ticks, display_field: str) -> str:
    """The subject: the display field where it is sent, else the entity."""
    shown = any(column.key == display_field and ticks.shows(column) for column in columns)
    return _("New lead: %s") % (
        f"{{{{ lead.{display_field} or lead.entity }}}}" if shown else "{{ lead.entity }}"
    )


def body(columns: Sequence[Column], ticks: Ticks, display_field: str, *, html: bool) -> str:
    """The body: a line for each field that is sent and has a value."""
    head = subject(columns, ticks, display_field)
    lines = list(_lines(columns, ticks))
    if not html:
        return f"{head}\n\n" + "".join(
            f"{{% if {test} %}}{label}: {value}\n{{% endif %}}\n" for test, label, value in lines
        )
    rows = "".join(
        f'{{% if {test} %}}<tr><th align="left">{markup.escape(label)}:</th>'
        f"<td>{value}</td></tr>\n{{% endif %}}\n"
        for test, label, value in lines
    )
    return f"<h2>{head}</h2>\n<table>\n{rows}</table>\n"


def shape(columns: Sequence[Column], ticks: Ticks) -> str:
    """The payload: each field that is sent under its own key, and the lead's facts."""
    keys = [column.key for column in columns if ticks.shows(column)]
    document = {key: f"{{{{ lead.{key} }}}}" for key in (*keys, *RESERVED)}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _lines(columns: Sequence[Column], ticks: Ticks) -> Iterator[tuple[str, str, str]]:
    """(condition, label, value) of each line."""
    for column in columns:
        if not ticks.shows(column):
            continue
        if column.type == "address":
            yield from _parts(column, ticks)
        else:
            yield f"lead.{column.key} is defined", _safe(column.label), _value(column)


def _parts(column: Column, ticks: Ticks) -> Iterator[tuple[str, str, str]]:
    for part in ADDRESS_PARTS:
        name = f"{column.key}.{part}"
        if ticks.everything or {column.key, name} & ticks.keys:
            label = f"{column.label}, {PART_LABELS[part]}"
            yield f"lead.{name} is defined", _safe(label), f"{{{{ lead.{name} }}}}"


def _value(column: Column) -> str:
    if column.type == "checkbox":
        return f'{{{{ "{_("yes")}" if lead.{column.key} else "{_("no")}" }}}}'
    if column.type == "datetime":
        return f"{{{{ lead.{column.key}{MOMENT} }}}} UTC"
    return f"{{{{ lead.{column.key} }}}}"


def _safe(label: str) -> str:
    """A label that the template language reads as plain text."""
    return label.replace("{", "(").replace("}", ")")
