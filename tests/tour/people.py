"""The people of the sample portal: colleagues, somebody invited, and the link that was sent."""

from urllib.parse import urlsplit

from django.urls import reverse

from leadflip.kit import clock
from leadflip.run.sample.demo import PARTNER
from partners.models import Member, User
from portal import invitations, team
from portal.news_letter import stop_link
from tests.factories import UserFactory
from tests.tour.scene import Scene

PEOPLE = (("ana@example.com", "Ana Example", "member"), ("ben@example.com", "Ben Example", "reader"))


def scenes() -> list[Scene]:
    """Made when they are asked for."""
    return [
        Scene("partner-activity", reverse("partner_activity", args=[_owner().partner_id])),
        Scene("portal-people", reverse("portal:people"), "partner"),
        Scene("portal-join", reverse("portal:join", args=[_invited()]), "nobody"),
        Scene("portal-stop", urlsplit(stop_link(_owner().pk)).path, "nobody"),
    ]


def _owner() -> Member:
    return Member.objects.select_related("user", "partner").get(user__email=PARTNER)


def _invited() -> str:
    """The link's token."""
    owner = _owner()
    for email, name, role in PEOPLE:
        if not User.objects.filter(email=email).exists():
            person = UserFactory.create(email=email, name=name)
            Member.objects.create(user=person, partner=owner.partner, role=role)
    owner.partner.invitations.all().delete()
    token, digest = invitations.fresh()
    now = clock.now()
    invitation = team.invite(
        partner=owner.partner,
        by=owner.user,
        email="cleo@example.com",
        role="member",
        digest=digest,
        at=now,
        until=now + invitations.lasts(),
    )
    invitation.state = "sent"
    invitation.save()
    return token
