"""Who may enter a partner's portal: invited, joined, given a role, removed.

Each change locks the partner's row first, so what it looks at (who is an owner, how many there are) stays
so until it is done. Links and letters are not made here: see `portal.invitations`.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from partners import audit
from partners.models import Invitation, Member, Partner, User
from portal.models import EntryEvent

Kind = EntryEvent.Kind
# People and invitations of one partner.
MOST = 200


class Refused(Exception):
    """What is not done, in words for the page."""


@transaction.atomic
def invite(
    *, partner: Partner, by: User, email: str, role: str, digest: bytes, at: datetime, until: datetime
) -> Invitation:
    """Keeps a place for whoever opens the link of `digest`. Raises Refused.

    Whether `email` has a login already makes no difference: nothing of other partners is told.
    """
    _lock(partner, by)
    email = email.strip().lower()
    if partner.members.filter(user__email=email).exists():
        raise Refused(_("%(email)s is in the list already.") % {"email": email})
    if partner.invitations.filter(email=email).exists():
        raise Refused(_("%(email)s is invited already: send the letter again below.") % {"email": email})
    if partner.members.count() + partner.invitations.count() >= MOST:
        raise Refused(_("%(most)d people are the most. Remove somebody first.") % {"most": MOST})
    made = Invitation.objects.create(
        partner=partner, email=email, role=role, digest=digest, made_at=at, expires_at=until
    )
    _note(made, by, Kind.INVITED, _("Invitation to the portal: %(email)s, %(role)s"), at)
    return made


@transaction.atomic
def renew(*, invitation: Invitation, by: User, digest: bytes, at: datetime, until: datetime) -> None:
    """Another link in the place of the one before, which is dead from now on. Raises Refused."""
    _lock(invitation.partner, by)
    invitation.digest, invitation.made_at, invitation.expires_at = digest, at, until
    invitation.state = Invitation.State.WAITING
    if not Invitation.objects.filter(pk=invitation.pk).exists():
        raise Refused(_("This invitation was used or withdrawn meanwhile."))
    invitation.save()
    _note(invitation, by, Kind.INVITED, _("Invitation to the portal, again: %(email)s, %(role)s"), at)


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User, at: datetime) -> None:
    """The link is dead from now on. Raises Refused."""
    _lock(invitation.partner, by)
    if not Invitation.objects.filter(pk=invitation.pk).delete()[0]:
        raise Refused(_("This invitation was used or withdrawn meanwhile."))
    _note(invitation, by, Kind.WITHDRAWN, _("Invitation withdrawn: %(email)s, %(role)s"), at)


@transaction.atomic
def join(*, invitation: Invitation, user: User, at: datetime) -> Member:
    """Uses the invitation up; who is a member already stays what they are.

    A `user` that is not saved yet is. Raises Refused where somebody was quicker.
    """
    partner = Partner.objects.select_for_update(no_key=True).get(pk=invitation.partner_id)
    if not Invitation.objects.filter(pk=invitation.pk, digest=invitation.digest).delete()[0]:
        raise Refused(_("This invitation was used or withdrawn meanwhile."))
    before = audit.told(partner)
    if user._state.adding:
        if User.objects.filter(email=user.email).exists():
            raise Refused(_("There is a login for this address by now. Open the link again."))
        user.save()
    member, made = Member.objects.get_or_create(
        user=user, partner=partner, defaults={"role": invitation.role}
    )
    if made:
        _event(partner, user, Kind.JOINED, at, email=user.email, role=member.role)
        audit.changed(by=user, obj=partner, before=before, after=audit.told(partner))
    return member


@transaction.atomic
def set_role(*, member: Member, by: User, role: str, at: datetime) -> None:
    """Raises Refused for the last owner, Member.DoesNotExist for somebody who is gone."""
    partner = _lock(member.partner, by)
    member = Member.objects.select_related("user").get(pk=member.pk)
    if member.role == role:
        return
    _keep_an_owner(member)
    with audit.watching(by, partner):
        member.role = role
        member.save(update_fields=["role"])
    _event(partner, by, Kind.ROLE, at, email=member.user.email, role=role)


@transaction.atomic
def remove(*, member: Member, by: User, at: datetime) -> None:
    """Takes the place away and signs the person out everywhere; what they did stays. Raises as `set_role`."""
    partner = _lock(member.partner, by)
    member = Member.objects.select_related("user").get(pk=member.pk)
    _keep_an_owner(member)
    with audit.watching(by, partner):
        member.delete()
    member.user.end_sessions()
    _event(partner, by, Kind.REMOVED, at, email=member.user.email, role=member.role)


def _lock(partner: Partner, by: User) -> Partner:
    """The partner's row, held until the transaction ends; refused where `by` is no owner (any more)."""
    held = Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if not _owners(held).filter(user=by).exists():
        raise Refused(_("You are no longer an owner. Nothing was changed."))
    return held


def _owners(partner: Partner) -> QuerySet[Member]:
    return partner.members.filter(role=Member.Role.OWNER, user__is_active=True)


def _keep_an_owner(member: Member) -> None:
    if member.role == Member.Role.OWNER and not _owners(member.partner).exclude(pk=member.pk).exists():
        raise Refused(_("This is the last owner. Make somebody else an owner first."))


def _note(invitation: Invitation, by: User, kind: str, words: str, at: datetime) -> None:
    facts = {"email": invitation.email, "role": invitation.get_role_display()}
    audit.acted(by=by, what=words % facts, objects=[invitation.partner])
    _event(invitation.partner, by, kind, at, email=invitation.email, role=invitation.role)


def _event(partner: Partner, user: User, kind: str, at: datetime, **detail: str) -> None:
    EntryEvent.objects.create(partner=partner, user=user, kind=kind, detail=detail, at=at)
