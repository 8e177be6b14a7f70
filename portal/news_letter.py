"""What a letter of news says: how many leads are new and where to see them; of their values nothing, unless
the partner's admin permits it."""

from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from leadflip.kit import paging, show
from portal.models import Entry, News
from portal.reading import Summary, summaries

# Leads that a letter names, where it names any.
NAMED = 20


def write(row: News, leads: QuerySet[Entry]) -> EmailMessage | None:
    """The letter of these leads; None where there are none."""
    count = paging.counted(leads)
    if not count:
        return None
    partner = row.member.partner
    words = ngettext("%(n)s new lead for %(partner)s", "%(n)s new leads for %(partner)s", count)
    subject = words % {"n": show.count(count), "partner": partner.name}
    context = {
        "subject": subject,
        "named": _named(leads, row.member.zone) if partner.news_values else [],
        "more": count > NAMED,
        "daily": row.mode == News.Mode.DAILY,
        "portal": f"{_site()}{reverse('portal:feed')}?partner={partner.pk}",
        "stop": stop_link(row.member_id),
    }
    return EmailMessage(
        subject,
        render_to_string("portal/email/news.txt", context),
        to=[row.member.user.email],
        headers=_headers(row),
    )


def _headers(row: News) -> dict[str, str]:
    """RFC 8058: a mail program may stop the letters by one POST, without a sign-in."""
    return {
        "Message-ID": f"<news.{row.letter}@{urlsplit(settings.BASE_URL).hostname or 'localhost'}>",
        "List-Unsubscribe": f"<{stop_link(row.member_id)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def _named(leads: QuerySet[Entry], zone: ZoneInfo) -> list[Summary]:
    newest = list(leads.select_related("settings").order_by("-created_at")[:NAMED])
    with timezone.override(zone):
        told = summaries(newest, masked=True)
    return [told[entry.id] for entry in newest]


def stop_link(member_id: int) -> str:
    """The address that stops the letters, for who has no session."""
    return f"{_site()}{reverse('portal:news_stop', args=[_signer().sign(str(member_id))])}"


def member_of(token: str) -> int | None:
    """Whose letters a link stops."""
    try:
        return int(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(salt="portal.news")


def _site() -> str:
    return str(settings.BASE_URL).rstrip("/")
