"""Template tags that every page shares: `{% load kit %}`."""

from datetime import UTC, datetime
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leadflip.kit import clock, show

register = template.Library()

# The look of each status, review, outcome and routing state; its icon has the same name.
LOOKS = {
    "queued": "queued",
    "sending": "sending",
    "delivered": "delivered",
    "retrying": "retrying",
    "failed": "failed",
    "cancelled": "cancelled",
    "pending": "pending",
    "accepted": "delivered",
    "rejected": "failed",
    "returned": "returned",
    "temporary": "retrying",
    "permanent": "failed",
    "configuration": "failed",
    "internal": "failed",
    "unknown": "unknown",
    "waiting": "queued",
    "routed": "delivered",
    "unmatched": "cancelled",
    "error": "failed",
    "none": "cancelled",
    "mapping": "queued",
    "running": "sending",
    "done": "delivered",
    "stopped": "cancelled",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "download" %}`: a drawing beside a word, never without one."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def badge(value: str, label: object) -> SafeString:
    """`{% badge job.status job.get_status_display %}`: icon, word and colour of a state."""
    look = LOOKS.get(value, "cancelled")
    return format_html('<span class="badge badge-{}">{}{}</span>', look, icon(look), label)


@register.simple_tag
def test_badge() -> SafeString:
    """`{% test_badge %}` beside what is no real lead or job."""
    return format_html('<span class="badge badge-cancelled">{}</span>', _("Test"))


@register.simple_tag(name="time")
def time_tag(value: datetime | None) -> SafeString | str:
    """`{% time job.created_at %}`: «24 Nov 2026, 14:05» in the page's zone."""
    if value is None:
        return show.EMPTY
    return format_html('<time datetime="{}">{}</time>', _machine(value), show.full_time(value))


@register.simple_tag
def moment(value: datetime) -> SafeString:
    """`{% moment attempt.started_at %}`: «24 Nov 2026, 14:05:09», where the order of seconds matters."""
    return format_html('<time datetime="{}">{}</time>', _machine(value), show.to_the_second(value))


@register.simple_tag
def ago(value: datetime | None) -> SafeString | str:
    """`{% ago entry.created_at %}`: «3 min ago» above the full time; the full time alone after a day."""
    words = show.relative(value, clock.now()) if value else ""
    if value is None or not words:
        return time_tag(value)
    return format_html(
        '<time class="ago" datetime="{}">{} <span>{}</span></time>',
        _machine(value),
        words,
        show.full_time(value),
    )


@register.simple_tag
def countdown(value: datetime) -> SafeString:
    """`{% countdown job.next_attempt_at %}`: «in 4:12» counting down, above the time of day itself.

    Needs `elements/count-down.js`; without it the words stay those of the server.
    """
    left = (value - clock.now()).total_seconds()
    if left <= 0:
        return format_html('<time datetime="{}">{}</time>', _machine(value), _("now"))
    return format_html(
        '<time class="ago" datetime="{}"><count-down data-left="{}" data-words="{}" data-over="{}">{}'
        "</count-down> <span>{}</span></time>",
        _machine(value),
        round(left),
        _("in {}"),
        _("now"),
        show.relative(value, clock.now()) or show.full_time(value),
        show.to_the_second(value),
    )


@register.simple_tag
def money(amount: Decimal | None, currency: str) -> str:
    """`{% money job.price job.currency %}`: «1,250.00 EUR»."""
    return show.money(amount, currency)


@register.filter
def duration(ms: int | None) -> str:
    """`{{ attempt.ms|duration }}`: «340 ms», «1.2 s»."""
    return show.duration(ms)


@register.filter
def full_time(at: datetime) -> str:
    """`{{ alert.closed_at|full_time }}`: «24 Nov 2026, 14:05», inside a sentence."""
    return show.full_time(at)


@register.filter
def number(value: int) -> str:
    """`{{ run.rows|number }}`: «4,812»."""
    return show.number(value)


@register.filter
def capped(value: int) -> str:
    """`{{ count|capped }}`: «312», «1,000+»."""
    return show.count(value)


def _machine(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
