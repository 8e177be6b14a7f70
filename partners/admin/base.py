"""What every admin of ours has: its audit entries, and saves that no routing transaction sees half of."""

from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from leadflip.kit.admin import BaseAdmin
from partners import audit, services
from partners.admin import history
from partners.models import User

M = TypeVar("M", bound=Model)
# Where a request keeps what its objects were before the save.
BEFORE = "_audit_before"


def person(request: HttpRequest) -> User:
    """Who is signed in; no admin page lets anybody else this far."""
    assert isinstance(request.user, User)
    return request.user


class AuditedAdmin(BaseAdmin[M]):
    """Its adds, changes and deletions stand in the audit log, in words, and History shows them.

    Django calls `log_…` in the transaction of each form, after all rows are written.
    """

    def watched(self, obj: Any) -> Sequence[Model]:
        """The objects that a save of `obj` may change, each with an entry of its own."""
        return [obj]

    def related(self, obj: M) -> Sequence[Model]:
        """The objects whose entries belong to the history of `obj`, beside its own."""
        return []

    def remember(self, request: HttpRequest, obj: M) -> None:
        """Call before the first write of what `log_change` is to compare."""
        setattr(request, BEFORE, [(each, audit.told(each)) for each in self.watched(obj)])

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        if change:
            self.remember(request, obj)
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, obj: M, message: Any) -> None:  # type: ignore[override]  # Django's own log stays empty
        audit.changed(by=person(request), obj=obj, before=None, after=audit.told(obj))

    def log_change(self, request: HttpRequest, obj: M, message: Any) -> None:  # type: ignore[override]  # as above
        for each, before in getattr(request, BEFORE):
            # The form's own object has its new name.
            now = obj if each == obj else each
            audit.changed(by=person(request), obj=now, before=before, after=audit.told(each))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]  # as above
        for obj in queryset:
            audit.changed(by=person(request), obj=obj, before=audit.told(obj), after=None)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The entries of one object, also of one that is gone."""
        key = unquote(object_id)
        obj = self.get_object(request, key)
        return history.page_of(request, key, obj, self)


class ConfigAdmin(AuditedAdmin[M]):
    """Each save or delete keeps routing out and raises the revision, in the transaction of its page."""

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        services.touch()
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        services.touch()
        super().delete_model(request, obj)
