"""What every admin of configuration has: saves that no routing transaction sees half of."""

from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
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
    """Each save or delete is one transaction that keeps routing out and raises the revision.

    Django opens the transaction for its form and delete pages; the list's action gets one here.
    """

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        services.touch()
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        services.touch()
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        with transaction.atomic():
            services.touch()
            super().delete_queryset(request, queryset)
