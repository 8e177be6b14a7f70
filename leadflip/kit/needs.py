"""A page that needs a permission, and says which where somebody lacks it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)
View = Callable[Concatenate[HttpRequest, P], R]


class NotAllowed(PermissionDenied):
    """`permission` is "app.verb_model": the page of error 403 tells whose role has it."""

    def __init__(self, permission: str) -> None:
        super().__init__()
        self.permission = permission


def needs(permission: str) -> Callable[[View[P, R]], View[P, R]]:
    """For views of who is signed in: raises NotAllowed where `permission` is missing."""

    def decorate(view: View[P, R]) -> View[P, R]:
        @wraps(view)
        def enter(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not request.user.has_perm(permission):
                raise NotAllowed(permission)
            return view(request, *args, **kwargs)

        return enter

    return decorate
