"""Bars drawn by the server: a picture for the eye, its words for readers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

STEP, GAP = 6, 1
# What is there at all is seen.
LEAST = 1.5


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
    width = STEP * max(len(bars), 1)
    heights = [(_height(bar.value, top, height), _height(bar.bad, top, height)) for bar in bars]
    return format_html(
        '<svg class="bars" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<path class="base" d="M0 {}H{}"/><path class="good" d="{}"/><path class="bad" d="{}"/></svg>',
        label,
        width,
        height,
        height - 0.5,
        width,
        _boxes([(height - bad, whole - bad) for whole, bad in heights]),
        _boxes([(height, bad) for _whole, bad in heights]),
    )


def _height(value: int, top: int, height: int) -> float:
    return max(round(height * value / top, 1), LEAST) if value else 0.0


def _boxes(feet: Sequence[tuple[float, float]]) -> str:
    """A path of boxes, one a step: where each stands, and how high it is."""
    return "".join(
        f"M{STEP * place} {foot:g}v-{high:g}h{STEP - GAP}v{high:g}z"
        for place, (foot, high) in enumerate(feet)
        if high > 0
    )
