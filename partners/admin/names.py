"""The names that an entity's texts may use: a list to read, and buttons where scripts run."""

from collections.abc import Iterator, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from partners.sheet import ADDRESS_PARTS, Column
from partners.templating.targets import RESERVED


def names(columns: Sequence[Column]) -> SafeString:
    """For `elements/insert-names.js`, which makes buttons of the codes and hides what is not ticked."""
    codes = format_html_join(
        " ",
        '<code data-tick="{}">{{{{ lead.{} }}}}</code>',
        [*((key, key) for key in _keys(columns)), *(("", key) for key in RESERVED)],
    )
    return format_html(
        '<insert-names own="{}" insert="{}" find="{}"><p>{}</p><p class="names">{}</p></insert-names>',
        gettext("Write your own"),
        gettext("Insert"),
        gettext("Find a field"),
        gettext("Names for your own text; they are written where the cursor stands:"),
        codes,
    )


def _keys(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        if column.type == "address":
            yield from (f"{column.key}.{part}" for part in ADDRESS_PARTS)
        else:
            yield column.key
