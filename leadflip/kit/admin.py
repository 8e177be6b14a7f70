"""The admin site, and what all our admin classes share."""

from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from leadflip.kit import navigation, once
from leadflip.kit.generics import BaseInlineFormSet, ModelAdmin, StackedInline, TabularInline

M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)


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


class BaseAdmin(ModelAdmin[M]):
    """Every list: 50 rows, and no count beside the one that the pager needs."""

    show_full_result_count = False
    list_per_page = 50
    view_on_site = False


def name_controls(form: BaseForm) -> None:
    """Gives each control of a table's row the column's label as its accessible name."""
    for field in form.fields.values():
        field.widget.attrs.setdefault("aria-label", field.label or "")


class NamedControls(BaseInlineFormSet[Any, Any, Any]):
    """A formset for a table: its controls have no visible label of their own."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        name_controls(form)


class TableInline(TabularInline[M, P]):
    """Rows of a table, without empty ones to begin with."""

    extra = 0
    formset = NamedControls


class BlockInline(StackedInline[M, P]):
    """Blocks, one below the other, without empty ones to begin with."""

    extra = 0
