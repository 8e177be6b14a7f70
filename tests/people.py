"""Who tries every page: the people of one partner, a stranger of another, and staff."""

from dataclasses import dataclass

from django.contrib.auth.models import Group

from partners.models import Member, Partner, User
from tests.factories import MemberFactory, PartnerFactory, UserFactory

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class People:
    """`owner`, `colleague` and `reader` belong to `partner`; `stranger` to `foreign`; `viewer` is staff."""

    partner: Partner
    foreign: Partner
    owner: User
    colleague: User
    reader: User
    stranger: User
    viewer: User


def make_people() -> People:
    """All of them, saved; sign in with `client.force_login`."""
    partner = PartnerFactory.create(name="Acme Solar", zone="Europe/Berlin")
    foreign = PartnerFactory.create(name="Other Roofs")
    return People(
        partner=partner,
        foreign=foreign,
        owner=_member("owner", partner, Member.Role.OWNER),
        colleague=_member("colleague", partner, Member.Role.MEMBER),
        reader=_member("reader", partner, Member.Role.READER),
        stranger=_member("stranger", foreign, Member.Role.OWNER),
        viewer=_viewer(),
    )


def _member(name: str, partner: Partner, role: str) -> User:
    user = UserFactory.create(email=f"{name}@example.com", name=name.capitalize(), password=PASSWORD)
    MemberFactory.create(user=user, partner=partner, role=role)
    return user


def _viewer() -> User:
    user = UserFactory.create(email="viewer@example.com", name="Viewer", is_staff=True, password=PASSWORD)
    user.groups.add(Group.objects.get_or_create(name="viewer")[0])
    return user
