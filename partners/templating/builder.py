"""From syntax tree to closures. Nothing of a template ever becomes Python code.

The builder's table, node class → function, is the allow-list: what stands in it can be built, and so
rendered; for all else there is no closure.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from jinja2 import nodes

from partners.templating import bounds
from partners.templating.bounds import Budget
from partners.templating.errors import Problem, TemplateError, TemplateErrors
from partners.templating.parse import place
from partners.templating.targets import Targets
from partners.templating.values import weight


@dataclass(slots=True)
class Run:
    """One render: the lead's values by key, the loops' own names, and what may still be spent."""

    fields: Mapping[str, Any]
    budget: Budget = field(default_factory=Budget)
    names: dict[str, Any] = field(default_factory=dict)
    measured: set[str] = field(default_factory=set)

    def read(self, key: str) -> Any:
        """A field's value, None where it is missing."""
        self.budget.step()
        value = self.fields.get(key)
        if key not in self.measured and weight(value) > bounds.VALUE_BYTES:
            raise TemplateError(
                _("The value of lead.%(key)s is over %(most)d KiB.")
                % {"key": key, "most": bounds.VALUE_BYTES // bounds.KIB}
            )
        self.measured.add(key)
        return value


Getter = Callable[[Run], Any]
LONGEST = 300  # characters of a problem's words, which repeat a name of any length


@dataclass(frozen=True, slots=True)
class Use:
    """A target that a template names. `kinds`: the field types that `by` works on, None for all."""

    target: str
    line: int
    column: int
    by: str = ""
    kinds: frozenset[str] | None = None

    def fault(self, known: Targets) -> str | None:
        """What is wrong with it where these targets are known; None if nothing is."""
        if self.kinds is None or self.target not in known.types:
            return None if self.kinds else known.fault(self.target)
        if known.types[self.target] in self.kinds:
            return None
        return _("“%(by)s” is for fields of type %(kinds)s; lead.%(target)s is of type %(type)s.") % {
            "by": self.by,
            "kinds": ", ".join(sorted(self.kinds)),
            "target": self.target,
            "type": known.types[self.target],
        }


def faults(uses: Iterable[Use], known: Targets) -> list[Problem]:
    """What of these is unknown, not ticked, or of another type than it is used for."""
    return [Problem(use.line, use.column, fault) for use in uses if (fault := use.fault(known))]


def nothing(run: Run) -> None:
    """Stands where a problem was found, so that the search for more goes on."""


# How what is refused looks in a template.
_SIGNS: dict[type[nodes.Node], str] = {
    nodes.Add: "+",
    nodes.AssignBlock: "set",
    nodes.Assign: "set",
    nodes.Call: "(…)",
    nodes.CallBlock: "call",
    nodes.Dict: "{…}",
    nodes.Div: "/",
    nodes.FilterBlock: "filter",
    nodes.FloorDiv: "//",
    nodes.FromImport: "from",
    nodes.Getitem: "[…]",
    nodes.Mod: "%",
    nodes.Mul: "*",
    nodes.Pow: "**",
    nodes.Sub: "-",
}


class Builder:
    """Builds one template, and gathers its problems and the targets that it names."""

    def __init__(self, table: Mapping[type[nodes.Node], Callable[["Builder", Any], Getter]]) -> None:
        self._table = table
        self._parts = 0
        self._depth = 0
        self.loop_names: list[str] = []
        self.problems: list[Problem] = []
        self.uses: list[Use] = []

    def build(self, node: nodes.Node) -> Getter:
        """The closure of any node. Raises TemplateErrors when the template is too large to go on."""
        make = self._table.get(type(node))
        if make is None:
            sign = _SIGNS.get(type(node), type(node).__name__.lower())
            return self.refuse(node, _("“%s” is not part of the template language.") % sign)
        with self._within(node):
            return make(self, node)

    def block(self, found: Iterable[nodes.Node]) -> Getter:
        """The closure of statements in a row; each counts as a step."""
        made = [self.build(node) for node in found]

        def run_all(run: Run) -> None:
            for step in made:
                run.budget.step()
                step(run)

        return run_all

    def refuse(self, node: nodes.Node, message: str) -> Getter:
        """Notes a problem at a node."""
        self.problems.append(Problem(*place(node), message[:LONGEST]))
        return nothing

    def use(self, node: nodes.Node, target: str, by: str = "", kinds: frozenset[str] | None = None) -> None:
        """Notes that a target is named."""
        self.uses.append(Use(target, *place(node), by, kinds))

    @contextmanager
    def _within(self, node: nodes.Node) -> Iterator[None]:
        self._parts += 1
        self._depth += 1
        if self._depth > bounds.DEPTH or self._parts > bounds.PARTS:
            message = _("The template is nested too deeply or has too many parts: simplify it from here.")
            raise TemplateErrors([*self.problems, Problem(*place(node), message)])
        yield
        self._depth -= 1
