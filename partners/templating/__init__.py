"""Templates of all channels: a small language in Jinja2's syntax, allow-listed and bounded.

    {{ lead.first_name|default("–") }}  {% if lead.address.city %}…{% endif %}
    {% for item in lead.interests %}{{ item }}{% endfor %}

Jinja2 reads the source; what it read is built to closures by the functions of one table, so nothing
outside it can be rendered. The bounds stand in `bounds`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from jinja2 import nodes

from partners.sheet import Cell
from partners.templating.builder import Builder, Getter, Run, Use, faults
from partners.templating.errors import Problem, TemplateError, TemplateErrors
from partners.templating.expressions import EXPRESSIONS
from partners.templating.parse import parse
from partners.templating.shape import Shape, compile_shape
from partners.templating.statements import STATEMENTS, output
from partners.templating.targets import Targets, facts, targets, targets_of

__all__ = [
    "Problem",
    "Shape",
    "Targets",
    "Template",
    "TemplateError",
    "TemplateErrors",
    "compile_shape",
    "compile_template",
    "facts",
    "targets",
    "targets_of",
]


@dataclass(frozen=True, slots=True)
class Template:
    """A checked template. Only `compile_template` makes one."""

    uses: tuple[Use, ...]
    _write: Getter = field(repr=False)

    def render(self, cells: Iterable[Cell]) -> str:
        """The text for these cells; a target without a cell or a value is empty. Raises TemplateError."""
        run = Run({cell.key: cell.value for cell in cells})
        self._write(run)
        return run.budget.output()

    def faults(self, known: Targets) -> list[Problem]:
        """What it names that is unknown, not ticked, or of another type than it is used for."""
        return faults(self.uses, known)


def compile_template(source: str, known: Targets, *, html: bool = False) -> Template:
    """A template that names `known` targets only; with `html` its values are escaped.

    Raises TemplateErrors with every problem found. Compiled sources are kept; the targets are
    checked at each call.
    """
    template, problems = _built(source, html)
    problems = [*problems, *template.faults(known)]
    if problems:
        raise TemplateErrors(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return template


@lru_cache(maxsize=256)
def _built(source: str, html: bool) -> tuple[Template, list[Problem]]:
    builder = Builder({**EXPRESSIONS, **STATEMENTS, nodes.Output: output(html)})
    write = builder.block(parse(source).body)
    return Template(tuple(builder.uses), write), builder.problems
