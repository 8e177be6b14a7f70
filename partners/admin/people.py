"""People: staff with their roles, and partners' members. No page shows a password or its hash."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit.admin import BaseAdmin, TableInline
from leadflip.kit.generics import BaseUserCreationForm, ModelForm
from partners import roles
from partners.models import Member, Partner, User
from partners.models.partner import known_zone

if TYPE_CHECKING:
    StockAdmin = UserAdmin[User]
else:
    StockAdmin = UserAdmin

LAST_ADMIN = _("This is the last admin. Make another person an admin first.")


class NewPersonForm(BaseUserCreationForm[User]):
    """Address, name and a first password; roles follow on the next page."""

    class Meta:
        model = User
        fields = ["email", "name"]
        field_classes: dict[str, type[forms.Field]] = {}


class PersonForm(ModelForm[User]):
    """All but the password, which has a page of its own."""

    class Meta:
        model = User
        fields = ["email", "name", "zone", "is_active", "is_staff", "groups"]
        labels = {"groups": _("Roles")}
        help_texts = {
            "zone": _("Such as Europe/Berlin. Empty: UTC."),
            "groups": _(
                "Admin: everything. Operator: reads all but secrets. Viewer: reads, encrypted values masked."
            ),
        }
        widgets = {"groups": forms.CheckboxSelectMultiple}

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"].strip()
        if zone:
            known_zone(zone)
        return zone

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned is not None and not self._stays_admin(cleaned) and roles.is_last_admin(self.instance):
            raise ValidationError(LAST_ADMIN)
        return cleaned

    def _stays_admin(self, cleaned: dict[str, Any]) -> bool:
        has_role = self.instance.is_superuser or any(
            group.name == roles.ADMIN for group in cleaned.get("groups", [])
        )
        return bool(has_role and cleaned.get("is_active") and cleaned.get("is_staff"))


class MemberInline(TableInline[Member, Partner]):
    """Who may enter this partner's portal."""

    model = Member
    fields = ["user", "role"]
    autocomplete_fields = ["user"]


class MembershipInline(TableInline[Member, User]):
    """Whose portal this person may enter."""

    model = Member
    fields = ["partner", "role"]
    autocomplete_fields = ["partner"]


# The roles' permissions are a table in the code; a form for them would be undone by the next migrate.
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(StockAdmin, BaseAdmin[User]):
    """Staff and members alike: one login a person."""

    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    inlines = [MembershipInline]
    list_display = ["email", "name", "roles", "is_staff", "is_active", "last_login"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal = ()
    readonly_fields = ["password_state", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "zone", "password_state"]}),
        (_("Admin"), {"fields": ["is_active", "is_staff", "groups"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        return list(self.inlines) if obj else []

    @admin.display(description=_("roles"))
    def roles(self, person: User) -> str:
        """Names of the roles; a superuser is an admin whatever groups they are in."""
        names = [group.name for group in person.groups.all()]
        return ", ".join(names or ([roles.ADMIN] if person.is_superuser else []))

    @admin.display(description=_("password"))
    def password_state(self, person: User) -> SafeString:
        """Whether there is one, and the way to set another."""
        state = gettext("Set") if person.has_usable_password() else gettext("Not set: nobody can sign in")
        link = reverse("admin:auth_user_password_change", args=[person.pk])
        return format_html('{} · <a href="{}">{}</a>', state, link, gettext("Set a new password"))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        last = obj is not None and roles.is_last_admin(obj)
        return not last and super().has_delete_permission(request, obj)
