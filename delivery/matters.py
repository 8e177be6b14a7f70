"""What of delivery needs somebody: one function a matter (`leadflip.kit.matters`)."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from delivery.alerts import book, post
from delivery.models import Alert, BounceBox, BounceMail, Job, Lane, SmtpAccount
from delivery.models.bounce import Effect
from delivery.pages.filters import DOUBT, in_doubt
from delivery.trial import SCOPE
from leadflip.kit import clock, show
from leadflip.kit.matters import Look, Severity, matter
from partners.models import AddressChange, DeliverySettings
from partners.models.settings import Kind

WEEK = timedelta(days=7)


@matter(Severity.BAD, "delivery.view_lane", Alert.Kind.OPENED, *book.REMINDERS)
def lanes_slowed() -> Look:
    """Destinations that fail again and again."""
    rows = _lanes().filter(state__in=[Lane.State.OPEN, Lane.State.PROBING], paused_at=None)
    return Look(rows, _slowed, reverse("delivery:destinations"))


@matter(Severity.NOTE, "delivery.view_lane")
def lanes_paused() -> Look:
    """Destinations that somebody paused."""
    return Look(_lanes().filter(paused_at__isnull=False), _paused, reverse("delivery:destinations"))


@matter(Severity.BAD, "delivery.view_smtpaccount", Alert.Kind.SMTP_UNSET)
def smtp_unset() -> Look:
    """Partners that get e-mail, without an account to send it from."""
    used = Q(partner__default_settings=F("pk")) | ~(Q(scope="") | Q(scope__startswith=SCOPE))
    rows = DeliverySettings.objects.filter(used, kind=Kind.EMAIL, partner__active=True)
    rows = rows.none() if settings.SMTP_URL else rows.exclude(Exists(SmtpAccount.objects.all()))
    return Look(rows, _unset, reverse("admin:delivery_smtpaccount_changelist"))


@matter(Severity.BAD, "delivery.view_lane", Alert.Kind.BACKLOG)
def backlogs() -> Look:
    """Destinations that get more than they take."""
    return Look(book.open_of(Alert.Kind.BACKLOG), _backlogs, reverse("delivery:alerts"))


@matter(Severity.WARN, "delivery.view_alert")
def alerts_refused() -> Look:
    """Alerts that the webhook of whoever operates does not take."""
    return Look(post.refused(), _refused, f"{reverse('delivery:alerts')}?show=all")


@matter(Severity.WARN, "partners.change_deliverysettings")
def addresses_asked() -> Look:
    """Webhook addresses that partners asked for."""
    rows = AddressChange.objects.filter(state=AddressChange.State.WAITING)
    return Look(rows, _asked, reverse("delivery:addresses"))


@matter(Severity.NOTE, "partners.view_deliverysettings")
def addresses_changed() -> Look:
    """Webhook addresses that partners changed themselves in the last 24 hours."""
    changed = AddressChange.objects.filter(state=AddressChange.State.AT_ONCE)
    rows = changed.filter(asked_at__gt=clock.now() - timedelta(days=1))
    return Look(rows, _changed, reverse("delivery:addresses"))


@matter(Severity.BAD, "delivery.view_job")
def jobs_in_doubt() -> Look:
    """Failed jobs that the partner may have: each keeps its place of a cap until somebody asks."""
    return Look(Job.objects.filter(in_doubt()), _doubts, f"{reverse('delivery:log')}?status={DOUBT}")


@matter(Severity.NOTE, "delivery.view_bouncemail")
def bounces_unmatched() -> Look:
    """Mails of the last seven days that came back and belong to no job."""
    rows = BounceMail.objects.filter(effect=Effect.UNMATCHED, received_at__gt=clock.now() - WEEK)
    return Look(
        rows, _unmatched, f"{reverse('admin:delivery_bouncemail_changelist')}?effect__exact=unmatched"
    )


@matter(Severity.WARN, "delivery.view_bouncebox")
def mailbox_unread() -> Look:
    """The mailbox of returned mail cannot be read."""
    rows = BounceBox.objects.exclude(host="").exclude(error="")
    return Look(rows, _unread, reverse("admin:delivery_bouncebox_changelist"))


def _lanes() -> QuerySet[Lane]:
    return Lane.objects.exclude(settings__isnull=False, settings__scope__startswith=SCOPE)


def _slowed(count: int) -> str:
    told = ngettext("%(n)s destination is slowed", "%(n)s destinations are slowed", count)
    return told % {"n": show.count(count)}


def _paused(count: int) -> str:
    told = ngettext("%(n)s destination is paused", "%(n)s destinations are paused", count)
    return told % {"n": show.count(count)}


def _unset(count: int) -> str:
    told = ngettext(
        "No mail server is set, and %(n)s partner gets e-mail",
        "No mail server is set, and %(n)s partners get e-mail",
        count,
    )
    return told % {"n": show.count(count)}


def _asked(count: int) -> str:
    told = ngettext(
        "%(n)s partner asks for another webhook address",
        "%(n)s partners ask for another webhook address",
        count,
    )
    return told % {"n": show.count(count)}


def _changed(count: int) -> str:
    told = ngettext(
        "%(n)s partner changed its webhook address itself",
        "%(n)s partners changed their webhook addresses themselves",
        count,
    )
    return told % {"n": show.count(count)}


def _backlogs(count: int) -> str:
    told = ngettext("%(n)s backlog is growing", "%(n)s backlogs are growing", count)
    return told % {"n": show.count(count)}


def _refused(count: int) -> str:
    told = ngettext(
        "%(n)s alert was not taken by ALERT_WEBHOOK_URL yet",
        "%(n)s alerts were not taken by ALERT_WEBHOOK_URL yet",
        count,
    )
    return told % {"n": show.count(count)}


def _doubts(count: int) -> str:
    told = ngettext(
        "%(n)s failed job may have arrived: ask its partner",
        "%(n)s failed jobs may have arrived: ask their partners",
        count,
    )
    return told % {"n": show.count(count)}


def _unmatched(count: int) -> str:
    told = ngettext(
        "%(n)s returned mail of this week belongs to no job",
        "%(n)s returned mails of this week belong to no job",
        count,
    )
    return told % {"n": show.count(count)}


def _unread(count: int) -> str:
    told = ngettext("The mailbox of returned mail cannot be read", "%(n)s mailboxes cannot be read", count)
    return told % {"n": show.count(count)}
