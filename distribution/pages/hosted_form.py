"""The hosted form of an entity: /forms/<token>/, on its own or framed by the sites that it names.

No cookie is read or set, so it works in a foreign frame: a signed token in the form stands for the
session. Whatever is refused, what was typed stays.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, cast

from csp.decorators import csp_replace
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from distribution.api import rate
from distribution.catalogue import entity_spec
from distribution.fields import FieldSpec
from distribution.intake.errors import IntakeError, TokenTakenError
from distribution.intake.origin import Origin
from distribution.models import HostedForm
from distribution.models.entity import Way
from distribution.pages import form_token, sent_once
from distribution.pages.form_token import TokenError
from distribution.pages.lead_form import LeadForm
from leadflip.kit import clock
from leadflip.kit.sites import origin_of
from partners.accounts import limits
from partners.models.revision import Revision

# Posts a minute from one address; a whole office may share one.
A_MINUTE = 20
# Names that no field has: they hold a stroke.
TOKEN, TRAP, AGREED = "form-token", "contact-website", "consent-agreed"

View = Callable[Concatenate[HttpRequest, HostedForm, ...], HttpResponse]


class PublicForm(LeadForm):
    """The fields, the token, a box that only machines fill in, and what has to be agreed to."""

    def __init__(self, hosted: HostedForm, *, token: str, data: Any = None) -> None:
        specs = shown(hosted)
        super().__init__(specs, values={spec.key: spec.default for spec in specs}, data=data, auto_id="f-%s")
        self.hosted, self.token = hosted, token
        if hosted.consent:
            self.fields[AGREED] = forms.BooleanField(label=hosted.consent, required=False)

    @property
    def consent(self) -> forms.BoundField | None:
        """The box below what has to be agreed to."""
        return self[AGREED] if AGREED in self.fields else None

    def check_consent(self) -> None:
        """Adds what stands against it; `token` has passed `form_token.check`."""
        if not self.hosted.consent:
            return
        if not form_token.same_consent(self.hosted, self.token):
            self.token = form_token.new(self.hosted, at_once=True)
            self.data = {name: values for name, values in self.data.items() if name != AGREED}
            self.add_error(AGREED, _("This text has changed meanwhile. Read it, and tick the box again."))
        elif not self.cleaned_data[AGREED]:
            self.add_error(AGREED, _("Tick this box if you agree; without it the form cannot be sent."))


def shown(hosted: HostedForm) -> list[FieldSpec]:
    """The form's fields: the chosen ones, and those without which no lead is taken."""
    fields = entity_spec(Revision.current(), hosted.entity_id).fields
    if not hosted.shown:
        return list(fields.values())
    needed = [key for key, spec in fields.items() if spec.required and spec.default is None]
    keys = dict.fromkeys([*hosted.shown, *needed])
    return [fields[key] for key in keys if key in fields]


def address(hosted: HostedForm) -> str:
    """The form's whole address."""
    return f"{settings.BASE_URL.rstrip('/')}{reverse('hosted_form', args=[hosted.token])}"


def of_token(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
    """Gives a view the form of its address, and its answer the policy by which the form's sites frame it."""

    @never_cache
    @csrf_exempt
    @xframe_options_exempt
    def enter(request: HttpRequest, token: str) -> HttpResponse:
        hosted = HostedForm.objects.filter(token=token).first()
        if hosted is None:
            raise Http404
        answer = partial(view if hosted.enabled else closed, hosted=hosted)
        return cast(HttpResponse, csp_replace(policy(hosted))(answer)(request))

    return enter


def policy(hosted: HostedForm) -> dict[str, list[str]]:
    """What is otherwise than on all pages. A redirect after sending counts as the form's action."""
    target = origin_of(hosted.redirect)
    return {
        "frame-ancestors": hosted.origins or ["'none'"],
        "form-action": ["'self'", target] if target else ["'self'"],
    }


def closed(request: HttpRequest, hosted: HostedForm) -> HttpResponse:
    """404 in words that somebody understands who was sent here."""
    return _page("closed", hosted, 404)


@of_token
@require_safe
def sent(request: HttpRequest, hosted: HostedForm) -> HttpResponse:
    """Thanks. It can be loaded again without sending anything."""
    return _page("sent", hosted)


@of_token
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, hosted: HostedForm) -> HttpResponse:
    """The form; one that is sent makes a lead."""
    if request.method != "POST":
        return show(PublicForm(hosted, token=form_token.new(hosted)))
    form = PublicForm(hosted, token=request.POST.get(TOKEN, ""), data=request.POST)
    seconds = rate.wait(("form", _place(request)), A_MINUTE)
    if seconds:
        return _slower(form, seconds)
    if request.POST.get(TRAP):
        return _thanks(hosted)
    _take(form, request)
    return show(form, 422) if form.errors else _thanks(hosted)


def show(form: PublicForm, status: int = 200, *, preview: bool = False) -> HttpResponse:
    """The form's page, with the errors that it has."""
    return _page("form", form.hosted, status, form=form, preview=preview)


def _take(form: PublicForm, request: HttpRequest) -> None:
    """Makes the lead, or adds what stands against it to the form."""
    typed = form.typed()
    try:
        form_token.check(form.hosted, form.token)
        form.check_consent()
        origin, sending = Origin(Way.FORM, Way.FORM.value), _sent(form, typed, request)
        if form.errors:
            sent_once.judge(sending, origin)
        else:
            sent_once.take(sending, origin)
    except TokenError as error:
        form.add_error(None, str(error))
        form.token = form_token.new(form.hosted, at_once=True) if error.fresh else form.token
    except TokenTakenError:
        form.add_error(None, _("This form was sent already. To send what stands here too, send it again."))
        form.token = form_token.new(form.hosted, at_once=True)
    except IntakeError as refused:
        form.refuse(refused.errors)


def _sent(form: PublicForm, typed: dict[str, object], request: HttpRequest) -> sent_once.Sent:
    hosted = form.hosted
    consent = {
        "consent_text": hosted.consent,
        "consent_at": clock.iso(clock.now()),
        "consent_ip": _place(request),
        "consent_url": address(hosted),
    }
    return sent_once.Sent(form.token, hosted.entity_id, typed, consent if hosted.consent else {})


def _slower(form: PublicForm, seconds: int) -> HttpResponse:
    message = ngettext(
        "Too many forms come from your network. Wait %(seconds)d second, then send it again.",
        "Too many forms come from your network. Wait %(seconds)d seconds, then send it again.",
        seconds,
    )
    form.add_error(None, message % {"seconds": seconds})
    answer = show(form, 429)
    answer["Retry-After"] = str(seconds)
    return answer


def _thanks(hosted: HostedForm) -> HttpResponse:
    """Where people go. The address ends the part of it that showed them the form's errors."""
    way = hosted.redirect or reverse("hosted_form_sent", args=[hosted.token])
    return HttpResponseRedirect(way if "#" in way else f"{way}#")


def _place(request: HttpRequest) -> str:
    return limits.address(request, settings.PROXIES)


def _page(name: str, hosted: HostedForm, status: int = 200, **more: Any) -> HttpResponse:
    """Without the request in its context, whose theme and person would come from cookies."""
    known = {"hosted": hosted, "token_name": TOKEN, "trap": TRAP, **more}
    return render(None, f"forms/{name}.html", known, status=status)
