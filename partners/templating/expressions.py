"""The expressions of the template language."""

import difflib
import math
import operator
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from jinja2 import nodes

from partners.templating.builder import Builder, Getter, Run
from partners.templating.filters import FILTERS, Filter
from partners.templating.values import contains, is_number, less, text, truth

Compare = Callable[[Any, Any], bool]

COMPARISONS: dict[str, Compare] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": less,
    "gt": lambda left, right: less(right, left),
    "lteq": lambda left, right: less(left, right) or (left == right and left is not None),
    "gteq": lambda left, right: less(right, left) or (left == right and left is not None),
    "in": lambda left, right: contains(right, left),
    "notin": lambda left, right: not contains(right, left),
}
TESTS: dict[str, Callable[[Any], bool]] = {
    "defined": lambda value: value is not None,
    "undefined": lambda value: value is None,
    "none": lambda value: value is None,
}


def _const(builder: Builder, node: nodes.Const) -> Getter:
    value = node.value
    if not _plain(value):
        return builder.refuse(node, _("This constant cannot be used in a template."))

    def get(run: Run) -> Any:
        run.budget.step()
        return value

    return get


def _plain(value: Any) -> bool:
    if isinstance(value, str):
        return value.encode("utf-8", "replace") == value.encode("utf-8", "surrogatepass")
    return value is None or isinstance(value, bool) or (is_number(value) and math.isfinite(value))


def _name(builder: Builder, node: nodes.Name) -> Getter:
    name = node.name
    if name in builder.loop_names:
        return lambda run: run.names[name]
    if name == "lead":
        return builder.refuse(node, _("Name a field of the lead, such as lead.first_name."))
    return builder.refuse(
        node, _("“%(name)s” is not known here: a field is written lead.%(name)s.") % {"name": name}
    )


def target_of(node: nodes.Node) -> str | None:
    """`address.postcode` of the node of `lead.address.postcode`; None for all other nodes."""
    path: list[str] = []
    while isinstance(node, nodes.Getattr):
        path.insert(0, node.attr)
        node = node.node
    return ".".join(path) if path and isinstance(node, nodes.Name) and node.name == "lead" else None


def _attribute(builder: Builder, node: nodes.Getattr) -> Getter:
    target = target_of(node)
    if target is None or target.count(".") > 1:
        return builder.refuse(node, _("A dot stands only in lead.field and lead.address.part."))
    builder.use(innermost(node), target)
    key, _dot, part = target.partition(".")
    return _part(key, part) if part else lambda run: run.read(key)


def innermost(node: nodes.Node) -> nodes.Node:
    """Where a chain of dots begins."""
    while isinstance(node, nodes.Getattr):
        node = node.node
    return node


def _part(key: str, part: str) -> Getter:
    def get(run: Run) -> Any:
        value = run.read(key)
        return value.get(part) if isinstance(value, dict) else None

    return get


def _list(builder: Builder, node: nodes.List | nodes.Tuple) -> Getter:
    getters = [builder.build(item) for item in node.items]
    return lambda run: [get(run) for get in getters]


def _not(builder: Builder, node: nodes.Not) -> Getter:
    get = builder.build(node.node)
    return lambda run: not truth(get(run))


def _negative(builder: Builder, node: nodes.Neg) -> Getter:
    if not (isinstance(node.node, nodes.Const) and is_number(node.node.value)):
        return builder.refuse(node, _("A minus stands only before a number."))
    return _const(builder, nodes.Const(-node.node.value, lineno=node.lineno))


def _and(builder: Builder, node: nodes.And) -> Getter:
    left, right = builder.build(node.left), builder.build(node.right)

    def get(run: Run) -> Any:
        value = left(run)
        return right(run) if truth(value) else value

    return get


def _or(builder: Builder, node: nodes.Or) -> Getter:
    left, right = builder.build(node.left), builder.build(node.right)

    def get(run: Run) -> Any:
        value = left(run)
        return value if truth(value) else right(run)

    return get


def _choice(builder: Builder, node: nodes.CondExpr) -> Getter:
    test, first = builder.build(node.test), builder.build(node.expr1)
    second = builder.build(node.expr2) if node.expr2 else lambda run: None
    return lambda run: first(run) if truth(test(run)) else second(run)


def _compare(builder: Builder, node: nodes.Compare) -> Getter:
    first = builder.build(node.expr)
    rest = [(COMPARISONS[operand.op], builder.build(operand.expr)) for operand in node.ops]

    def get(run: Run) -> bool:
        left = first(run)
        for holds, getter in rest:
            right = getter(run)
            run.budget.work(left, right)
            if not holds(left, right):
                return False
            left = right
        return True

    return get


def _concat(builder: Builder, node: nodes.Concat) -> Getter:
    getters = [builder.build(part) for part in node.nodes]

    def get(run: Run) -> str:
        parts: list[str] = []
        length = 0
        for getter in getters:
            parts.append(text(getter(run)))
            length += len(parts[-1])
            run.budget.room(length)
        return run.budget.made("".join(parts))

    return get


def _test(builder: Builder, node: nodes.Test) -> Getter:
    test = TESTS.get(node.name)
    if test is None or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return builder.refuse(node, _("There is no test “%s”: use defined, undefined or none.") % node.name)
    get = builder.build(node.node)
    return lambda run: test(get(run))


def _filter(builder: Builder, node: nodes.Filter) -> Getter:
    found = FILTERS.get(node.name)
    if found is None or node.node is None:
        near = difflib.get_close_matches(node.name, FILTERS, n=1)
        known = near[0] if near else ", ".join(sorted(FILTERS))
        return builder.refuse(
            node, _("There is no filter “%(name)s”: use %(known)s.") % {"name": node.name, "known": known}
        )
    get, arguments = builder.build(node.node), _arguments(builder, node, found)
    target = target_of(node.node)
    if target and found.kinds:
        builder.use(innermost(node.node), target, node.name, found.kinds)

    def apply(run: Run) -> Any:
        value = get(run)
        given = {name: argument(run) for name, argument in arguments.items()}
        run.budget.work(value, *given.values())
        return found.apply(run.budget, value, **given)

    return apply


def _arguments(builder: Builder, node: nodes.Filter, found: Filter) -> dict[str, Getter]:
    given = _given(node, found)
    if given is None:
        names = ", ".join(parameter.name for parameter in found.parameters) or _("none")
        builder.refuse(
            node,
            _("The filter %(name)s takes these arguments: %(names)s.") % {"name": node.name, "names": names},
        )
        return {}
    for parameter in found.parameters:
        argument = given.get(parameter.name)
        if parameter.check and argument is not None:
            constant = argument.value if isinstance(argument, nodes.Const) else None
            fault = parameter.check(constant)
            if fault:
                builder.refuse(argument, f"{parameter.name}: {fault}")
    return {name: builder.build(argument) for name, argument in given.items()}


def _given(node: nodes.Filter, found: Filter) -> dict[str, nodes.Expr] | None:
    """The arguments by name; None if they do not fit the parameters."""
    names = [parameter.name for parameter in found.parameters]
    pairs: list[tuple[str, nodes.Expr]] = list(zip(names, node.args, strict=False))
    pairs += [(str(pair.key), pair.value) for pair in node.kwargs]
    given = dict(pairs)
    needed = {parameter.name for parameter in found.parameters if parameter.required}
    if node.dyn_args or node.dyn_kwargs or len(node.args) > len(names) or len(given) < len(pairs):
        return None
    return given if needed <= given.keys() <= set(names) else None


EXPRESSIONS: dict[type[nodes.Node], Callable[[Builder, Any], Getter]] = {
    nodes.And: _and,
    nodes.Compare: _compare,
    nodes.Concat: _concat,
    nodes.CondExpr: _choice,
    nodes.Const: _const,
    nodes.Filter: _filter,
    nodes.Getattr: _attribute,
    nodes.List: _list,
    nodes.Name: _name,
    nodes.Neg: _negative,
    nodes.Not: _not,
    nodes.Or: _or,
    nodes.Test: _test,
    nodes.Tuple: _list,
}
