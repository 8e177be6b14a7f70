"""Hosted forms: what they ask and say, and the sites that may frame them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution.models import Entity, HostedForm
from distribution.pages import hosted_form
from leadflip.kit.generics import ModelForm
from leadflip.kit.needs import NotAllowed
from leadflip.kit.sites import origin_of
from leadflip.kit.widgets import Ticklist
from partners.admin.base import ConfigAdmin

SITE = _("Write a site as https://www.example.com; http only of this machine.")


class SitesField(forms.CharField):
    """One site a line, cleaned to origins."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        for line in lines:
            if not origin_of(line):
                raise ValidationError(_("“%(site)s”: %(how)s"), params={"site": line[:100], "how": SITE})
        return list(dict.fromkeys(map(origin_of, lines)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or []))
        except ValidationError:
            return True


class HostedFormForm(ModelForm[HostedForm]):
    """What the form asks is chosen once it has an entity."""

    shown = forms.MultipleChoiceField(
        label=_("Fields"),
        required=False,
        help_text=_("None chosen: all of them. Those without which no lead is taken are always there."),
    )
    origins = SitesField(
        label=_("Sites"), required=False, help_text=_("One a line: no other site can frame the form.")
    )

    redirect = forms.URLField(
        label=_("Redirect"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("Where people go once their form is sent, instead of reading the thanks."),
    )

    class Meta:
        model = HostedForm
        fields = ["entity", "enabled", "title", "intro", "shown", "consent", "thanks", "redirect", "origins"]
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in ("intro", "consent", "thanks")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "shown" in self.fields:
            asked = self.instance.entity.fields.filter(archived_at=None)
            chosen = self.fields["shown"]
            chosen.widget = Ticklist(_("Fields"))
            chosen.choices = [(field.key, _named(field)) for field in asked]  # type: ignore[attr-defined]  # of the class above

    def clean_redirect(self) -> str:
        address: str = self.cleaned_data["redirect"]
        if address and not origin_of(address):
            raise ValidationError(SITE)
        return address


@admin.register(HostedForm)
class HostedFormAdmin(ConfigAdmin[HostedForm]):
    """One form an entity, off until it is enabled."""

    form = HostedFormForm
    list_display = ["entity", "title", "enabled"]
    list_select_related = ["entity"]
    ordering = ["entity__name", "pk"]
    nothing_yet = _("A hosted form is a page on which people write a lead themselves.")
    readonly_fields = ["address", "frame", "looks"]

    class Media:
        js = [Script("elements/copy-text.js", defer=True)]

    def get_fieldsets(self, request: HttpRequest, obj: HostedForm | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["entity", "title"]})]
        words = ["title", "intro", "shown", "consent", "thanks", "redirect"]
        return [
            (None, {"fields": ["entity", "enabled", "address", "looks"]}),
            (_("What it asks and says"), {"fields": words}),
            (_("On other sites"), {"fields": ["origins", "frame"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: HostedForm | None = None) -> Any:
        return [*self.readonly_fields, "entity"] if obj else self.readonly_fields

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        without = Entity.objects.filter(form=None)
        return super().formfield_for_foreignkey(db_field, request, **{"queryset": without, **kwargs})

    def response_add(
        self, request: HttpRequest, obj: HostedForm, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to what it asks and says, which depends on its entity."""
        return HttpResponseRedirect(reverse("admin:distribution_hostedform_change", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [path("<int:form_id>/preview/", view, name="hosted_form_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest, form_id: int) -> HttpResponse:
        """The page as people see it, also where it is not enabled."""
        if not self.has_view_permission(request):
            raise NotAllowed("distribution.view_hostedform")
        hosted = get_object_or_404(HostedForm, pk=form_id)
        return hosted_form.show(hosted_form.PublicForm(hosted, token=""), preview=True)

    @admin.display(description=_("address"))
    def address(self, hosted: HostedForm) -> SafeString:
        """Where people find it."""
        return _to_copy("form-address", hosted_form.address(hosted))

    @admin.display(description=_("preview"))
    def looks(self, hosted: HostedForm) -> SafeString:
        """How it looks now."""
        way = reverse("admin:hosted_form_preview", args=[hosted.pk])
        return format_html('<a href="{}">{}</a>', way, gettext("See it as it was last saved"))

    @admin.display(description=_("to frame it"))
    def frame(self, hosted: HostedForm) -> SafeString:
        """What one of the sites puts on its page."""
        snippet = format_html(
            '<iframe src="{}" title="{}" width="100%" height="900"></iframe>',
            hosted_form.address(hosted),
            str(hosted),
        )
        return _to_copy("form-frame", escape(snippet))


def shown_on_entity(entity: Entity) -> SafeString:
    """The entity's form in a line, with the way to its page."""
    found = HostedForm.objects.filter(entity=entity).first()
    if found is None:
        way = f"{reverse('admin:distribution_hostedform_add')}?entity={entity.pk}"
        return format_html('{} <a href="{}">{}</a>', gettext("None."), way, gettext("Set one up"))
    way = reverse("admin:distribution_hostedform_change", args=[found.pk])
    return format_html(
        '{} <a href="{}">{}</a>',
        gettext("Enabled.") if found.enabled else gettext("Not enabled."),
        way,
        gettext("Its address, words and sites"),
    )


def _named(field: Any) -> str:
    always = field.required and field.default is None
    return gettext("%(label)s (always asked for)") % {"label": field.label} if always else field.label


def _to_copy(name: str, text: str) -> SafeString:
    return format_html(
        '<code class="secret" id="{}">{}</code> <copy-text for="{}" done="{}">'
        '<button class="button" type="button" hidden>{}</button></copy-text>',
        name,
        text,
        name,
        gettext("Copied"),
        gettext("Copy"),
    )
