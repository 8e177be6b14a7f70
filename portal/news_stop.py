"""The page behind a letter's link that stops such letters: one POST, without a sign-in (RFC 8058)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from partners.accounts.doors import PORTAL
from portal import news
from portal.news_letter import member_of


@csrf_exempt  # a mail program sends it; the signature in the address stands for the person
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, since mail programs open links by themselves; POST stops, as often as it comes."""
    member_id = member_of(token)
    if member_id is not None and request.method == "POST":
        news.stop(member_id)
    done = request.method == "POST"
    shown = {"door": PORTAL, "known": member_id is not None, "done": done}
    return render(request, "portal/news_stop.html", shown, status=200 if shown["known"] else 404)
