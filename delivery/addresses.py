"""Another webhook address, asked for by a partner's own people: at once or once approved, or refused.

Whoever has taken over a partner's login would lead its leads, and the header values that the admin stored,
to a host of their own: another host is never in force unless an admin has approved it, and that admin says
whether the header values go there.
"""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadflip.kit import clock
from partners import audit
from partners.draft import Draft
from partners.kinds.webhook_form import host_of, leads_elsewhere
from partners.models import AddressChange, DeliverySettings, May, Partner, User
from partners.models.settings import Kind
from partners.outgoing import target
from partners.services import save_draft, touch
from portal.models import EntryEvent
from portal.services import noted

State = AddressChange.State


class Gone(Exception):
    """It was answered, taken back or replaced, or the address in force is another one by now."""


def own_webhook(partner: Partner) -> DeliverySettings | None:
    """The webhook by which the partner gets its leads."""
    row = partner.default_settings
    return row if row is not None and row.kind == Kind.WEBHOOK else None


def elsewhere(row: DeliverySettings, url: str) -> bool:
    """Whether `url` is on another host or port, or no longer encrypts."""
    return leads_elsewhere(str(row.config.get("url")), url)


def is_at_once(row: DeliverySettings, url: str) -> bool:
    """Whether the partner may have `url` without approval."""
    return May.AT_ONCE in row.partner.may and not elsewhere(row, url)


def test_draft(row: DeliverySettings, url: str) -> Draft:
    """What a test of `url` is sent with: no header that the admin stored. Raises SealError."""
    return _without_headers(replace(Draft.of(row), config={**row.config, "url": url}))


@transaction.atomic
def ask(*, row: DeliverySettings, url: str, by: User) -> AddressChange:
    """Puts `url` into force where that needs no approval, else asks for it. Raises SealError."""
    if is_at_once(row, url):
        touch()
        row = DeliverySettings.objects.select_related("partner").get(pk=row.pk)
    at_once, before = is_at_once(row, url), row.config["url"]
    change, _made = AddressChange.objects.update_or_create(
        settings=row,
        defaults={
            "url": url,
            "before": before,
            "state": State.AT_ONCE if at_once else State.WAITING,
            "reason": "",
            "asked_by": by,
            "asked_at": clock.now(),
        },
    )
    if at_once:
        _put(row, url, by, headers=True)
    else:
        audit.acted(by=by, what=_("Asked for the webhook address %s") % url, objects=[row.partner])
    _note(row, by, EntryEvent.Kind.ADDRESS if at_once else EntryEvent.Kind.ASKED, url)
    return change


@transaction.atomic
def take_back(*, row: DeliverySettings, by: User) -> bool:
    """Withdraws what waits; False where nothing does."""
    waiting = AddressChange.objects.filter(settings=row, state=State.WAITING)
    change = waiting.select_for_update().first()
    if change is None:
        return False
    change.delete()
    audit.acted(by=by, what=_("Took back the webhook address %s") % change.url, objects=[row.partner])
    _note(row, by, EntryEvent.Kind.UNASKED, change.url)
    return True


@transaction.atomic
def approve(*, change_id: int, asked_at: datetime, headers: bool, by: User) -> None:
    """Puts it into force as a save of the admin's form does; `headers`: the stored ones go there too.

    `asked_at` is that of the one that the admin has read. Raises Gone, SealError, and OutgoingError where
    addresses like this one are closed by now.
    """
    touch()
    change = _waiting(change_id, asked_at)
    row = change.settings
    if row.config.get("url") != change.before or row.pk != row.partner.default_settings_id:
        raise Gone
    url = target(change.url, tuple(settings.OUTGOING_ALLOW)).url
    _put(row, url, by, headers=headers or not elsewhere(row, url))
    change.state = State.APPROVED
    change.save(update_fields=["state"])
    _note(row, None, EntryEvent.Kind.APPROVED, change.url)


@transaction.atomic
def refuse(*, change_id: int, asked_at: datetime, reason: str, by: User) -> None:
    """Leaves the address as it is; the partner reads `reason`. Raises Gone."""
    change = _waiting(change_id, asked_at)
    change.state, change.reason = State.REFUSED, reason
    change.save(update_fields=["state", "reason"])
    partner = change.settings.partner
    audit.acted(by=by, what=_("Refused the webhook address %s") % change.url, objects=[partner])
    _note(change.settings, None, EntryEvent.Kind.REFUSED, change.url)


def _waiting(change_id: int, asked_at: datetime) -> AddressChange:
    rows = AddressChange.objects.filter(pk=change_id, state=State.WAITING, asked_at=asked_at)
    change = rows.select_related("settings__partner").select_for_update(of=("self",)).first()
    if change is None:
        raise Gone
    return change


def _put(row: DeliverySettings, url: str, by: User, *, headers: bool) -> None:
    with audit.watching(by, row.partner):
        draft = replace(Draft.of(row), config={**row.config, "url": url})
        save_draft(partner=row.partner, draft=draft if headers else _without_headers(draft))


def _without_headers(draft: Draft) -> Draft:
    secrets = {name: value for name, value in draft.secrets.items() if name != "headers"}
    return replace(draft, config={**draft.config, "headers": []}, secrets=secrets)


def _note(row: DeliverySettings, user: User | None, kind: EntryEvent.Kind, url: str) -> None:
    noted(partner=row.partner, user=user, kind=kind, at=clock.now(), about=host_of(url))
