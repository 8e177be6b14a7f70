"""Bars drawn by the server: a picture for the eye, its words for readers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

STEP, GAP = 6, 1


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: how much, and how much of that is bad; `cells` are its row of the table beside the picture."""

    label: str
    value: int
    bad: int = 0
    cells: tuple[str, ...] = ()


def drawn(bars: Sequence[Bar], height: int, label: str) -> SafeString:
    """The picture, named `label`; the bad part stands at each bar's foot. Coloured by the style sheet."""
    top = max((bar.value for bar in bars), default=0)
    boxes = [box for place, bar in enumerate(bars) for box in _boxes(place, bar, top, height)]
    return format_html(
        '<svg class="bars" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<path class="base" d="M0 {}H{}"/>{}</svg>',
        label,
        STEP * max(len(bars), 1),
        height,
        height - 0.5,
        STEP * max(len(bars), 1),
        format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', boxes),
    )


def _boxes(place: int, bar: Bar, top: int, height: int) -> list[tuple[str, int, float, int, float]]:
    if not bar.value:
        return []
    # What is there at all is seen.
    whole = max(height * bar.value / top, 1.5)
    bad = max(whole * bar.bad / bar.value, 1.5) if bar.bad else 0.0
    x, width = STEP * place, STEP - GAP
    good = ("good", x, round(height - whole, 1), width, round(whole - bad, 1))
    return [good, ("bad", x, round(height - bad, 1), width, round(bad, 1))] if bad else [good]
