"""What can be wrong with a template: when it is saved, and when it is rendered."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Problem:
    """One place to mend; line and column count from 1."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return _("Line %(line)d, column %(column)d: %(message)s") % {
            "line": self.line,
            "column": self.column,
            "message": self.message,
        }


class TemplateErrors(Exception):
    """A template that cannot be used, with every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(map(str, self.problems)))


class TemplateError(Exception):
    """A render that ran over a bound. The message is in our own words and holds no value."""
