"""Figures for Prometheus, and its text format."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Figure:
    """One gauge: its name, what it counts, and a value for each set of labels ("" : none)."""

    name: str
    help: str
    label: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


def exposition(figures: Iterable[Figure]) -> str:
    """The text that Prometheus reads."""
    return "".join(f"{line}\n" for figure in figures for line in _lines(figure))


def _lines(figure: Figure) -> Iterable[str]:
    yield f"# HELP {figure.name} {figure.help}"
    yield f"# TYPE {figure.name} gauge"
    for key, value in figure.values.items():
        labels = f'{{{figure.label}="{_escaped(key)}"}}' if figure.label else ""
        yield f"{figure.name}{labels} {value:g}" if value < 1e6 else f"{figure.name}{labels} {value:.0f}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
