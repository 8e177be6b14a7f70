"""Where letters come back to, and the mails that came."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from delivery.admin.password import PasswordForm, server_name
from delivery.bounce import state
from delivery.models import BounceBox, BounceMail
from delivery.pages import words
from delivery.pages.bounces import LOOKS, READ, may_read
from leadflip.kit.crypto import SealError
from leadflip.kit.needs import needs
from leadflip.kit.templatetags.kit import badge
from leadflip.kit.widgets import Radios
from partners import audit
from partners.admin.base import AuditedAdmin, ConfigAdmin, person

# What is shown of a mail; all of it is kept.
SHOWN_BYTES = 64 * 1024


class BounceBoxForm(PasswordForm[BounceBox]):
    """The mailbox. Without a server none is read."""

    class Meta:
        model = BounceBox
        fields = ["host", "port", "security", "user", "folder", "processed"]
        help_texts = {"host": _("Such as imap.example.com. Empty: no mailbox is read.")}
        widgets = {
            "user": forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"}),
            "security": Radios(_("Security")),
        }

    def clean_host(self) -> str:
        return server_name(self.cleaned_data["host"], "imap.example.com")

    def clean_folder(self) -> str:
        return _folder(self.cleaned_data["folder"])

    def clean_processed(self) -> str:
        return _folder(self.cleaned_data["processed"])

    def clean_user(self) -> str:
        return _one_line(self.cleaned_data["user"].strip())

    def clean_password(self) -> str:
        return _one_line(self.cleaned_data["password"])

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned is None or not cleaned.get("host"):
            return cleaned
        kept = self.has_password and not cleaned.get("remove_password")
        if "user" in cleaned and not cleaned["user"]:
            self.add_error("user", _("Name the mailbox's user: there is no mailbox without one."))
        if "password" in cleaned and not (cleaned["password"] or kept):
            self.add_error("password", _("Type the mailbox's password: there is no mailbox without one."))
        if cleaned.get("folder") and cleaned.get("folder") == cleaned.get("processed"):
            self.add_error("processed", _("Name another folder: mails move out of the one that is read."))
        return cleaned


def _folder(written: str) -> str:
    """A folder's name as IMAP quotes it. Names beyond ASCII travel in an encoding of their own."""
    name = written.strip()
    if not (name.isascii() and name.isprintable()) or '"' in name or "\\" in name:
        raise ValidationError(_("Write a folder's name in ASCII, without quotes and backslashes."))
    return name


def _one_line(written: str) -> str:
    if not written.isprintable():
        raise ValidationError(_("It holds a line end or another control character: type it anew."))
    return written


@admin.register(BounceBox)
class BounceBoxAdmin(ConfigAdmin[BounceBox]):
    """There is one, so its list is its form."""

    form = BounceBoxForm
    change_form_template = "admin/delivery/bounces.html"

    def save_model(self, request: HttpRequest, obj: BounceBox, form: Any, change: bool) -> None:
        # Another server's errors say nothing of this one.
        obj.error, obj.error_at = "", None
        super().save_model(request, form.typed(person(request)), form, change)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        shown = {"title": _("Bounces"), "subtitle": None, "bounces": state.state()}
        return super().changeform_view(request, object_id, form_url, {**shown, **(extra_context or {})})

    def get_fieldsets(self, request: HttpRequest, obj: BounceBox | None = None) -> Any:
        shown = ["host", "port", "security", "user", "folder", "processed"]
        if self.has_change_permission(request, obj):
            shown[4:4] = ["password", "remove_password"]
        return [(_("Mailbox"), {"fields": shown})]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BounceBox | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        BounceBox.current()
        return HttpResponseRedirect(reverse("admin:delivery_bouncebox_change", args=[1]))


@admin.register(BounceMail)
class BounceMailAdmin(AuditedAdmin[BounceMail]):
    """Mails that came in by either inlet, newest first. Nobody edits them."""

    list_display = ["what", "became", "of_job", "received_at", "words"]
    list_filter = ["effect", "kind"]
    nothing_yet = _("Mails that come back, and replies, appear here.")
    list_select_related = ["job__partner"]
    ordering = ["-pk"]
    change_form_template = "admin/delivery/mail.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BounceMail | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BounceMail | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        # A list of fifty must not read fifty mails.
        return super().get_queryset(request).defer("sealed", "sealed_head")

    @admin.display(description=_("kind"), ordering="kind")
    def what(self, mail: BounceMail) -> str:
        """What it is."""
        return mail.get_kind_display()

    @admin.display(description=_("what became of it"), ordering="effect")
    def became(self, mail: BounceMail) -> SafeString:
        """What it did."""
        return badge(LOOKS[mail.effect], mail.get_effect_display())

    @admin.display(description=_("job of"))
    def of_job(self, mail: BounceMail) -> SafeString | str:
        """Whose job it belongs to, as the way there."""
        if mail.job is None:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("delivery:job", args=[mail.job_id]), mail.job.partner.name
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A page of our own, since nobody edits a mail."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self._page(request, unquote(object_id))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(needs(READ)(self.whole)))
        return [path("<int:pk>/whole/", view, name="delivery_bouncemail_whole"), *super().get_urls()]

    @method_decorator(transaction.atomic)
    def whole(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same with the mail as it came, which the audit log then tells."""
        return self._page(request, str(pk), opens=True)

    def _page(self, request: HttpRequest, key: str, *, opens: bool = False) -> HttpResponse:
        rows = BounceMail.objects.select_related("job__partner")
        mail = rows.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 19 else None
        if mail is None:
            messages.warning(request, _("There is no such mail any more: they are kept for 90 days."))
            return redirect("admin:delivery_bouncemail_changelist")
        if opens:
            audit.looked(by=person(request), obj=mail, what=[gettext("The mail as it came")])
        shown = {
            "title": _("Returned mail"),
            "subtitle": None,
            "opts": self.opts,
            "mail": mail,
            "look": LOOKS[mail.effect],
            **(_opened(mail, whole=opens) if may_read(request.user) else _hidden()),
        }
        return render(request, self.change_form_template, {**self.admin_site.each_context(request), **shown})


def _hidden() -> dict[str, Any]:
    return {"missing": gettext("What servers wrote is not shown to your role.")}


def _opened(mail: BounceMail, *, whole: bool) -> dict[str, Any]:
    try:
        head, raw = mail.head(), mail.raw() if whole else b""
    except SealError:
        return {"missing": gettext("None of the keys in ENCRYPTION_KEYS opens what was kept of this mail.")}
    return {
        **{name: words.plain(str(head.get(name) or "")) for name in ("from", "subject", "text")},
        "shut": not whole,
        "raw": words.plain(raw[:SHOWN_BYTES].decode("utf-8", "replace")),
        "cut": mail.size > SHOWN_BYTES,
        "kept": len(raw),
    }
