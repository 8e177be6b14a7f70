"""The statements of the template language: output, `if`, and `for` over a value's own items."""

import html
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from jinja2 import nodes

from partners.templating import bounds
from partners.templating.builder import Builder, Getter, Run
from partners.templating.expressions import innermost, target_of
from partners.templating.filters import LISTS
from partners.templating.values import items, text, truth


def output(escape: bool) -> Callable[[Builder, nodes.Output], Getter]:
    """The builder of output, which escapes values for HTML or does not."""
    finish: Callable[[str], str] = html.escape if escape else str

    def writer(builder: Builder, node: nodes.Expr) -> Getter:
        if isinstance(node, nodes.TemplateData):
            data = node.data
            return lambda run: run.budget.write(data)
        get = builder.build(node)
        return lambda run: run.budget.write(finish(run.budget.made(text(get(run)))))

    def make(builder: Builder, node: nodes.Output) -> Getter:
        writers = [writer(builder, part) for part in node.nodes]

        def write(run: Run) -> None:
            for step in writers:
                step(run)

        return write

    return make


def _if(builder: Builder, node: nodes.If) -> Getter:
    branches = [(builder.build(one.test), builder.block(one.body)) for one in (node, *node.elif_)]
    otherwise = builder.block(node.else_)

    def step(run: Run) -> None:
        for test, body in branches:
            if truth(test(run)):
                body(run)
                return
        otherwise(run)

    return step


def _for(builder: Builder, node: nodes.For) -> Getter:
    fault = _fault(builder, node)
    if fault:
        return builder.refuse(node, fault)
    _constrain(builder, node)
    get = builder.build(node.iter)
    body = _body(builder, node)
    otherwise = builder.block(node.else_)

    def step(run: Run) -> None:
        value = get(run)
        run.budget.work(value)
        found = items(value)
        (body if found else lambda run, found: otherwise(run))(run, found)

    return step


def _body(builder: Builder, node: nodes.For) -> Callable[[Run, list[Any]], None]:
    name = node.target.name if isinstance(node.target, nodes.Name) else ""
    builder.loop_names.append(name)
    block = builder.block(node.body)
    builder.loop_names.pop()

    def turns(run: Run, found: list[Any]) -> None:
        outer = run.names.get(name)
        for run.names[name] in found:
            run.budget.turn()
            block(run)
        run.names[name] = outer

    return turns


def _fault(builder: Builder, node: nodes.For) -> str | None:
    if len(builder.loop_names) >= bounds.LOOPS_NESTED:
        return _("Loops stand at most %d deep in each other.") % bounds.LOOPS_NESTED
    if node.test or node.recursive or not isinstance(node.target, nodes.Name):
        return _("A loop is written {%% for item in lead.field %%}, without “if” and “recursive”.") % {}
    if node.target.name in {"lead", *builder.loop_names}:
        return _("Name the loop's item otherwise: “%s” is taken.") % node.target.name
    return None


def _constrain(builder: Builder, node: nodes.For) -> None:
    target = target_of(node.iter)
    if target:
        builder.use(innermost(node.iter), target, "for", LISTS)


STATEMENTS: dict[type[nodes.Node], Callable[[Builder, Any], Getter]] = {nodes.If: _if, nodes.For: _for}
