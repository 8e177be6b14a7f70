"""Retry policies."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from leadflip.kit.generics import ModelForm
from partners.admin import schedule
from partners.admin.base import ConfigAdmin
from partners.models import RetryPolicy

MOST = 20
LONGEST = 7 * 24 * 3600


class WaitsField(forms.CharField):
    """Seconds divided by commas, cleaned to a list."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        waits = [_seconds(part.strip()) for part in str(value or "").split(",") if part.strip()]
        if len(waits) > MOST:
            raise ValidationError(_("Write at most %(most)d waits."), params={"most": MOST})
        return waits

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        message = _("“%(text)s” is no number of seconds. Write them with commas, such as 5, 30, 120.")
        raise ValidationError(message, params={"text": text[:40]})
    if int(text) > LONGEST:
        message = _("%(text)s seconds are longer than 7 days. Write at most %(longest)d.")
        raise ValidationError(message, params={"text": text, "longest": LONGEST})
    return int(text)


class PolicyForm(ModelForm[RetryPolicy]):
    """Name, waits, time-out."""

    waits = WaitsField(
        label=_("Waits"),
        required=False,
        max_length=300,
        help_text=_("Seconds before the second, third … attempt, such as 5, 30, 120. Empty: one attempt."),
    )

    class Meta:
        model = RetryPolicy
        fields = ["name", "waits", "timeout"]


@admin.register(RetryPolicy)
class RetryPolicyAdmin(ConfigAdmin[RetryPolicy]):
    """Named waits, for delivery settings and profiles to choose."""

    form = PolicyForm
    change_form_template = "admin/partners/policy.html"
    list_display = ["name", "attempts", "timeout"]
    search_fields = ["name"]
    nothing_yet = _("Without one, deliveries follow the standard schedule: 8 attempts within 17 hours.")

    @admin.display(description=_("attempts"))
    def attempts(self, policy: RetryPolicy) -> str:
        """How many, and when the last."""
        return schedule.sentence(policy.waits)

    def get_urls(self) -> list[URLPattern]:
        line = path("line/", self.admin_site.admin_view(self.line), name="partners_retrypolicy_line")
        return [line, *super().get_urls()]

    def line(self, request: HttpRequest) -> HttpResponse:
        """The time line of `?waits=`, as a part of the page that edits them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "admin/partners/_schedule.html", _line(request.GET.get("waits", "")))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the time line of what the form shows."""
        form = context["adminform"].form
        waits = form["waits"].value() if "waits" in form.fields else form.instance.waits
        return super().render_change_form(request, {**context, **_line(waits)}, *args, **kwargs)


def _line(waits: object) -> dict[str, Any]:
    try:
        read = WaitsField(required=False).to_python(WaitsField().prepare_value(waits))
    except ValidationError:
        return {}
    return {"steps": schedule.steps(read), "sentence": schedule.sentence(read)}
