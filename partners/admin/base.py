"""What every admin of configuration has: saves that no routing transaction sees half of."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest

from leadflip.kit.admin import BaseAdmin
from partners import services
from partners.models import User

M = TypeVar("M", bound=Model)


def person(request: HttpRequest) -> User:
    """Who is signed in; no admin page lets anybody else this far."""
    assert isinstance(request.user, User)
    return request.user


class ConfigAdmin(BaseAdmin[M]):
    """Each save or delete keeps routing out and raises the revision, in the transaction of its page."""

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        services.touch()
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        services.touch()
        super().delete_model(request, obj)
