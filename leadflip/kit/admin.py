"""The admin site, and what all our admin classes share."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import (
    PROTECT,
    Case,
    DecimalField,
    Exists,
    ForeignObjectRel,
    Model,
    OuterRef,
    QuerySet,
    When,
)
from django.db.models.expressions import Combinable
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from leadflip.kit import navigation, once
from leadflip.kit.generics import BaseInlineFormSet, ModelAdmin, StackedInline, TabularInline
from leadflip.kit.growing import GrowingList
from leadflip.kit.widgets import Picker

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin
    from django_stubs_ext import StrOrPromise
else:

    class BaseModelAdmin:
        """Nothing: the class it is mixed into has it."""

        def __class_getitem__(cls, item: Any) -> type:
            return cls


M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)
ROW = "row"


class Site(admin.AdminSite):
    """The stock site under our name, with our navigation and the page that shows a secret once."""

    site_header = _("Leadflip Distribution")
    site_title = _("Leadflip")
    index_title = _("Distribution")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The sidebar's groups; for one app, which only breadcrumbs ask for, the stock list."""
        stock = super().get_app_list(request, app_label)
        if app_label is not None:
            return stock
        models = {
            f"{app['app_label']}.{entry['object_name'].lower()}": entry
            for app in stock
            for entry in app["models"]
        }
        return navigation.groups(models, request.user)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("once/", self.admin_view(self.once), name="once"), *super().get_urls()]

    def once(self, request: HttpRequest) -> HttpResponse:
        """Shows what `kit.once.keep` kept for this session, and forgets it."""
        return once.page(request, self.each_context(request))


def needed(model: type[Model]) -> Combinable:
    """An annotation: whether a row of any table holds on to this one (PROTECT)."""
    holders = (
        Exists(relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")}))
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and relation.on_delete is PROTECT
    )
    return Case(*(When(holder, then=True) for holder in holders), default=False)


def is_needed(obj: Any) -> bool:
    """Whether a row of any table holds on to this one: as it was read with the row, else one query."""
    if not hasattr(obj, "is_needed"):
        rows = type(obj)._base_manager.filter(pk=obj.pk)
        obj.is_needed = rows.annotate(is_needed=needed(type(obj))).filter(is_needed=True).exists()
    return bool(obj.is_needed)


class MoneyField(forms.DecimalField):
    """Shows two decimals where the amount needs no more."""

    def prepare_value(self, value: Any) -> Any:
        return round(value, 2) if isinstance(value, Decimal) and value == round(value, 2) else value


class PlainFields(BaseModelAdmin[M]):
    """Foreign keys without the buttons that open pop-ups; amounts without idle zeros."""

    formfield_overrides = {DecimalField: {"form_class": MoneyField}}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Picker(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class BaseAdmin(PlainFields[M], ModelAdmin[M]):
    """Every list: named after what it lists, 50 rows, no count beside the one that the pager needs."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    view_on_site = False
    # Newest first, without counting: for tables that grow without end.
    growing = False
    # What an empty list says of itself.
    nothing_yet: "StrOrPromise" = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows: QuerySet[M] = super().get_queryset(request)
        of_one = request.resolver_match is not None and "object_id" in request.resolver_match.kwargs
        return rows.annotate(is_needed=needed(self.model)) if of_one else rows  # type: ignore[return-value]  # the stubs name it anew

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return GrowingList if self.growing else super().get_changelist(request, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without the list's delete: things go one by one, from their own pages."""
        actions = super().get_actions(request)
        return {name: action for name, action in actions.items() if name != "delete_selected"}

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody may delete what others need: Django's page would first load all of them."""
        return super().has_delete_permission(request, obj) and not (obj and is_needed(obj))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        shown = {"title": title, "nothing_yet": self.nothing_yet, **(extra_context or {})}
        return super().changelist_view(request, shown)


def name_controls(form: BaseForm) -> None:
    """Gives each control of a table's row the column's label as its accessible name."""
    for field in form.fields.values():
        field.widget.attrs.setdefault("aria-label", capfirst(field.label or ""))


class NamedControls(BaseInlineFormSet[Any, Any, Any]):
    """A formset for a table: its controls have no visible label of their own."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        name_controls(form)


class MoreRows(BaseModelAdmin[M]):
    """Without empty rows to begin with; a link brings one where no script adds them."""

    extra = 0

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """See templates/admin/_more_rows.html."""
        return 1 if ROW in request.GET else 0


class TableInline(MoreRows[M], PlainFields[M], TabularInline[M, P]):
    """Rows of a table."""

    formset = NamedControls
    template = "admin/rows.html"


class BlockInline(MoreRows[M], PlainFields[M], StackedInline[M, P]):
    """Blocks, one below the other."""
