"""A payload shape: a JSON document whose texts are templates, compiled to one closure.

A text that is one sole `{{ … }}` keeps the value's type; every other text is rendered. The names of
objects are written as they stand. All texts of a document share one budget.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from jinja2 import nodes

from partners.sheet import Cell
from partners.templating import document
from partners.templating.bounds import Budget, size
from partners.templating.builder import Builder, Getter, Run, Use, faults
from partners.templating.document import Node
from partners.templating.errors import Problem, TemplateErrors
from partners.templating.expressions import EXPRESSIONS
from partners.templating.parse import measure, parse
from partners.templating.statements import STATEMENTS, output
from partners.templating.targets import Targets

TABLE: dict[type[nodes.Node], Callable[[Builder, Any], Getter]] = {
    **EXPRESSIONS,
    **STATEMENTS,
    nodes.Output: output(False),
}
MARKS = ("{{", "{%", "{#")
KEPT = 256
Placed = TypeVar("Placed", Problem, Use)


@dataclass(frozen=True, slots=True)
class Shape:
    """A checked shape. Only `compile_shape` makes one."""

    uses: tuple[Use, ...]
    _make: Getter = field(repr=False)

    def value(self, cells: Iterable[Cell]) -> Any:
        """The document for these cells, as JSON values; what is missing is None. Raises TemplateError."""
        return self._make(Run({cell.key: cell.value for cell in cells}))


def compile_shape(source: str, known: Targets, *, flat: bool = False) -> Shape:
    """A shape that names `known` targets only; `flat` as form-encoded bodies need it.

    Raises TemplateErrors with every problem found. Compiled sources are kept.
    """
    shape, problems = _built(source, flat)
    problems = [*problems, *faults(shape.uses, known)]
    if problems:
        raise TemplateErrors(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return shape


@lru_cache(maxsize=KEPT)
def _built(source: str, flat: bool) -> tuple[Shape, list[Problem]]:
    measure(source)
    shaper = _Shaper()
    root = document.read(source)
    make = shaper.build(root)
    shaper.check(root, flat)
    return Shape(tuple(shaper.uses), make), shaper.problems


class _Shaper:
    """Builds one shape, and gathers its problems and the targets that it names."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.uses: list[Use] = []

    def build(self, node: Node) -> Getter:
        """The closure of a value of the document."""
        value = node.value
        if isinstance(value, dict):
            named = [(name, self.build(each)) for name, each in value.items()]
            return lambda run: {name: make(run) for name, make in named}
        if isinstance(value, list):
            made = [self.build(each) for each in value]
            return lambda run: [make(run) for make in made]
        if isinstance(value, str) and any(mark in value for mark in MARKS):
            return self._text(node)
        return lambda run: value

    def check(self, root: Node, flat: bool) -> None:
        """Notes what cannot be the body of a request."""
        if flat and not isinstance(root.value, dict):
            self._refuse(root, _("A form-encoded body is one object: begin with {."))
        elif not isinstance(root.value, dict | list):
            self._refuse(root, _("The body is an object or a list: begin with { or [."))
        for each in root.value.values() if flat and isinstance(root.value, dict) else ():
            for value in each.value if isinstance(each.value, list) else [each]:
                if isinstance(value.value, dict | list):
                    message = _("A form-encoded body is flat: no object or list stands in a value of it.")
                    self._refuse(value, message)

    def _refuse(self, node: Node, message: str) -> None:
        self.problems.append(Problem(node.line, node.column, message))

    def _text(self, node: Node) -> Getter:
        try:
            body = parse(node.value).body
            builder = Builder(TABLE)
            sole = _sole(body)
            make = _typed(builder.build(sole)) if sole else _rendered(builder.block(body))
        except TemplateErrors as errors:
            self.problems += [_moved(problem, node) for problem in errors.problems]
            return lambda run: None
        self.problems += [_moved(problem, node) for problem in builder.problems]
        self.uses += [_moved(use, node) for use in builder.uses]
        return make


def _moved(placed: Placed, node: Node) -> Placed:
    """A place inside a text as a place in the document."""
    line, column = node.inside(placed.line, placed.column)
    return replace(placed, line=line, column=column)


def _sole(body: list[nodes.Node]) -> nodes.Node | None:
    """The expression of a text that is nothing but one `{{ … }}`."""
    if len(body) != 1 or not isinstance(body[0], nodes.Output) or len(body[0].nodes) != 1:
        return None
    only = body[0].nodes[0]
    return None if isinstance(only, nodes.TemplateData) else only


def _typed(get: Getter) -> Getter:
    def make(run: Run) -> Any:
        value = get(run)
        _keep(run.budget, value)
        return value

    return make


def _keep(budget: Budget, value: Any) -> None:
    """Counts all that a value holds as output, and ends as soon as that is too much."""
    if isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            _keep(budget, part)
    budget.keep(size(value) if isinstance(value, str) else 1)


def _rendered(write: Getter) -> Getter:
    def make(run: Run) -> str:
        write(run)
        return run.budget.output()

    return make
