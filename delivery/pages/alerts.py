"""Alerts: what is so now or was lately, and who looks after it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from delivery.alerts import book
from delivery.alerts.matter import Matter, matters_of
from delivery.alerts.topics import Topic, choose, wanted
from leadflip.kit import paging
from leadflip.kit.needs import needs
from partners.accounts.links import can_send
from partners.admin.base import person

ALL = "all"
# Ids that one form names: more than any page shows.
MOST = 500


@require_safe
@needs("delivery.view_alert")
def index(request: HttpRequest) -> HttpResponse:
    """Fifty alerts, those that are so; with `?show=all` those that were, too."""
    whole = request.GET.get("show") == ALL
    page = paging.page(book.listed(whole=whole), request.GET)
    matters = matters_of(page.rows)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Alerts"),
        "whole": whole,
        "page": page,
        "matters": matters,
        "free": [matter.alert.pk for matter in matters if _free(matter)],
        "may_act": request.user.has_perm("delivery.act_alert"),
    }
    return render(request, "delivery/alerts.html", context)


@require_POST
@needs("delivery.act_alert")
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Notes who looks after the alerts that the button names, by id; then shows the page it stands on."""
    named = request.POST.get("alerts", "").split(",")[:MOST]
    count = book.acknowledge([int(each) for each in named if _is_id(each)], by=person(request))
    if count:
        told = ngettext(
            "Acknowledged: nobody is told of it any more.",
            "Acknowledged: nobody is told of these %(n)d matters any more.",
            count,
        )
        messages.success(request, told % {"n": count})
    else:
        messages.info(request, _("It is over already, or somebody else acknowledged it."))
    return redirect("admin:index" if request.POST.get("from") == "dashboard" else "delivery:alerts")


class MineForm(forms.Form):
    """What somebody is mailed."""

    topics = forms.MultipleChoiceField(
        label=gettext_lazy("Mail me when"),
        choices=Topic.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("delivery.view_alert")
def mine(request: HttpRequest) -> HttpResponse:
    """What the person who asks is mailed, and a form to choose it."""
    who = person(request)
    form = MineForm(initial={"topics": [topic.value for topic in wanted(who)]})
    if request.method == "POST":
        form = MineForm(request.POST)
        if form.is_valid():
            choose(person=who, topics=form.cleaned_data["topics"])
            messages.success(request, _("Saved."))
            return redirect("delivery:alerts_mine")
    context = {
        **admin.site.each_context(request),
        "title": _("My alerts"),
        "form": form,
        "can_send": can_send(),
    }
    return render(request, "delivery/alerts_mine.html", context, status=422 if form.errors else 200)


def _free(matter: Matter) -> bool:
    """Whether somebody can acknowledge it."""
    return matter.alert.closed_at is None and matter.alert.acknowledged_at is None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
