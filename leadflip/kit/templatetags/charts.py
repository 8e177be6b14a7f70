"""Template tags for figures: `{% load charts %}`."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from leadflip.kit.charts import Bar, drawn

register = template.Library()


@register.simple_tag
def spark(bars: Sequence[Bar], label: str) -> SafeString:
    """`{% spark row.bars row.said %}`: a line of small bars within a row."""
    return drawn(bars, 28, label)


@register.simple_tag
def chart(bars: Sequence[Bar], label: str) -> SafeString:
    """`{% chart bars said %}`: bars across a page; the same stand in a table beside it."""
    return drawn(bars, 80, label)
