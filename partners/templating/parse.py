"""Source to syntax tree: Jinja2's own lexer and parser, made to remember columns.

Jinja2 keeps a token's line only. Here a token's `lineno` is line and column in one number, which its
parser hands on to every node untouched; `_place` takes the two apart again.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream
from jinja2.parser import Parser

from partners.templating.bounds import KIB, SOURCE_BYTES, size
from partners.templating.errors import Problem, TemplateErrors

_COLUMNS = 1 << 20  # more than a source has characters
# Used to parse only: nothing is ever compiled or rendered by it.
_ENVIRONMENT = Environment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)  # noqa: S701


def place(node: nodes.Node) -> tuple[int, int]:
    """Line and column, both from 1, where a node begins."""
    marks = (found.lineno for found in (node, *node.iter_child_nodes()))
    return _place(next(filter(None, marks), 1))


def _place(mark: int) -> tuple[int, int]:
    return divmod(mark, _COLUMNS) if mark >= _COLUMNS else (mark, 1)


def parse(source: str) -> nodes.Template:
    """The syntax tree of a source. Raises TemplateErrors."""
    measure(source)
    try:
        parser = Parser(_ENVIRONMENT, "")
        tokens = _ENVIRONMENT.lexer.wrap(_marked(source))
        parser.stream = TokenStream(tokens, None, None)
        return parser.parse()
    except TemplateSyntaxError as error:
        line, column = _place(error.lineno)
        raise TemplateErrors([Problem(line, column, _words(error.message or ""))]) from None
    except (RecursionError, ValueError):
        message = _("This is nested too deeply, or holds a number that is too long.")
        raise TemplateErrors([Problem(1, 1, message)]) from None


def measure(source: str) -> None:
    """Raises TemplateErrors where a source is longer than any may be."""
    if size(source) > SOURCE_BYTES:
        message = _("The template is over %d KiB: shorten it.") % (SOURCE_BYTES // KIB)
        raise TemplateErrors([Problem(1, 1, message)])


def _words(message: str) -> str:
    return _("This cannot be read as a template: %s") % message[:200]


def _marked(source: str) -> Iterator[tuple[int, str, str]]:
    """Jinja2's raw tokens, each with its place. What lies between two of them is blank."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n")
    after = begin = start = 0
    line = 1
    for _lineno, kind, value in _ENVIRONMENT.lexer.tokeniter(lines, None):
        counted, begin = begin, lines.index(value, after)
        line += lines.count("\n", counted, begin)
        start = max(start, lines.rfind("\n", counted, begin) + 1)
        after = begin + len(value)
        yield line * _COLUMNS + begin - start + 1, kind, value
