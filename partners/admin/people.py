"""People: staff with their roles, and partners' members. No page shows a password or its hash."""

from typing import TYPE_CHECKING, Any

from allauth.account import admin as allauth_admin
from allauth.mfa import admin as mfa_admin
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from leadflip.kit.admin import TableInline
from leadflip.kit.generics import ModelForm
from leadflip.kit.widgets import only_saved
from partners import roles
from partners.accounts import factor
from partners.admin import factor_removal, login_link
from partners.admin.base import AuditedAdmin
from partners.admin.people_forms import NewPersonForm, PasswordForm, PersonForm
from partners.models import Member, Partner, User

if TYPE_CHECKING:
    StockAdmin = UserAdmin[User]
else:
    StockAdmin = UserAdmin


class MemberForm(ModelForm[Member]):
    """Whose login at which partner stays once it is saved; the role may change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            for name in {"user", "partner"} & {*self.fields}:
                only_saved(self.fields[name], getattr(self.instance, name))


class MemberInline(TableInline[Member, Partner]):
    """Who may enter this partner's portal."""

    model = Member
    form = MemberForm
    fields = ["user", "role"]
    autocomplete_fields = ["user"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return super().get_queryset(request).select_related("user", "partner")


class MembershipInline(TableInline[Member, User]):
    """Whose portal this person may enter."""

    model = Member
    form = MemberForm
    fields = ["partner", "role"]
    autocomplete_fields = ["partner"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        return super().get_queryset(request).select_related("user", "partner")


# The roles' permissions are a table in the code; a form for them would be undone by the next migrate.
admin.site.unregister(Group)
# A person's address is a column of theirs; allauth's table of further ones stays empty.
admin.site.unregister(allauth_admin.EmailAddress)
# Second factors are on the page of the person whose they are.
admin.site.unregister(mfa_admin.Authenticator)


class RoleFilter(admin.SimpleListFilter):
    """Staff by role, and all others."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*roles.WORDS.items(), ("none", _("None: portal only"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        role = self.value()
        if role == "none":
            return queryset.filter(is_staff=False)
        return queryset.filter(roles.holding(role)) if role in roles.WORDS else queryset


@admin.register(User)
class PersonAdmin(StockAdmin, AuditedAdmin[User]):
    """Staff and members alike: one login a person."""

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PasswordForm
    add_form_template = None
    inlines = [MembershipInline]
    list_display = ["email", "name", "role", "partners", "seen"]
    list_filter = [RoleFilter, "is_active"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    filter_horizontal = ()
    readonly_fields = ["password_state", "factor_state", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "zone", "is_active", "password_state", "factor_state"]}),
        (_("Role"), {"fields": ["role"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "role"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups", "memberships__partner")

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        return list(self.inlines) if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Who may only look sees words where others have a choice and links."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return shown
        words: dict[Any, str] = {
            "role": "role_words",
            "password_state": "password_words",
            "factor_state": "factor_words",
        }
        return [
            (title, {"fields": [words.get(name, name) for name in row["fields"]]}) for title, row in shown
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "role_words", "password_words", "factor_words"]

    def get_urls(self) -> list[URLPattern]:
        own = self.admin_site.admin_view
        return [
            path("<int:pk>/link/", own(self.link_page), name="partners_user_link"),
            path("<int:pk>/factor/", own(self.factor_page), name="partners_user_factor"),
            *super().get_urls(),
        ]

    @method_decorator(transaction.atomic)
    def factor_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Removes the second factor of somebody who lost it."""
        person = self.get_object(request, str(pk))
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        return factor_removal.page(request, person, self.admin_site.each_context(request))

    def link_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Sends or shows a link by which the person sets a password."""
        person = self.get_object(request, str(pk))
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        return login_link.page(request, person, self.admin_site.each_context(request))

    @method_decorator(sensitive_post_parameters())
    @method_decorator(transaction.atomic)
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """The stock page, with an entry in the audit log."""
        if request.method == "POST" and (person := self.get_object(request, unquote(id))):
            self.remember(request, person)
        return super().user_change_password(request, id, form_url)

    @admin.display(description=_("role"))
    def role(self, person: User) -> str:
        """Of the staff; a superuser is an admin whatever groups they are in."""
        return str(roles.WORDS.get(roles.of(person), ""))

    @admin.display(description=_("role"))
    def role_words(self, person: User) -> str:
        """As in the list, where "no staff" is an empty cell."""
        return self.role(person) or gettext("None: no staff, portal only")

    @admin.display(description=_("partners"))
    def partners(self, person: User) -> str:
        """Whose portal they may enter."""
        return ", ".join(member.partner.name for member in person.memberships.all())

    @admin.display(description=_("last sign-in"), ordering="last_login")
    def seen(self, person: User) -> Any:
        """When, or why there can be none."""
        return person.last_login if person.is_active else gettext("Not active")

    @admin.display(description=_("password"))
    def password_words(self, person: User) -> str:
        """Whether there is one."""
        return gettext("Set") if person.has_usable_password() else gettext("Not set: nobody can sign in")

    @admin.display(description=_("second factor"))
    def factor_words(self, person: User) -> str:
        """Whether there is one."""
        return gettext("On") if factor.is_on(person) else gettext("Off")

    @admin.display(description=_("second factor"))
    def factor_state(self, person: User) -> SafeString:
        """Whether there is one, and the way to remove it."""
        if not factor.is_on(person):
            return format_html("{}", gettext("Off"))
        way = reverse("admin:partners_user_factor", args=[person.pk])
        return format_html('{} · <a href="{}">{}</a>', gettext("On"), way, gettext("Remove"))

    @admin.display(description=_("password"))
    def password_state(self, person: User) -> SafeString:
        """Whether there is one, and the ways to another."""
        return format_html(
            '{} · <a href="{}">{}</a> · <a href="{}">{}</a>',
            self.password_words(person),
            reverse("admin:partners_user_link", args=[person.pk]),
            gettext("Send a link"),
            reverse("admin:auth_user_password_change", args=[person.pk]),
            gettext("Set a new password"),
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """With the role; a new person has no password until they choose one."""
        if not change:
            obj.set_unusable_password()
        role = form.cleaned_data["role"]
        roles.prepare(obj, role)
        super().save_model(request, obj, form, change)
        roles.give(obj, role)

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to the link: without it nobody can sign in as the new person."""
        super().response_add(request, obj, post_url_continue)
        return HttpResponseRedirect(reverse("admin:partners_user_link", args=[obj.pk]))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        last = obj is not None and roles.is_last_admin(obj)
        return not last and super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Once more under a lock: two admins may delete each other at the same moment."""
        if roles.is_last_admin(obj, lock=True):
            raise PermissionDenied
        super().delete_model(request, obj)
