"""Who may enter a partner's portal, decided by its owners."""

import re
import threading
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from leadflip.kit import clock
from partners.accounts import links
from partners.models import AuditEntry, Invitation, Member, User
from portal import team
from portal.models import EntryEvent
from tests.factories import MemberFactory, UserFactory
from tests.people import PASSWORD, People, make_people

NEW = "a longer new passphrase"


@pytest.fixture(autouse=True)
def _letters_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "later", lambda send, *args: send(*args))


@pytest.fixture
def owner(client: Client, people: People) -> Client:
    client.force_login(people.owner)
    return client


def post(client: Client, name: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(f"portal:{name}", args=args), data, follow=True)


def invite(client: Client, email: str = "new@example.com", role: str = "member") -> Any:
    return post(client, "invite", email=email, role=role)


def link(letter: mail.EmailMessage | None = None) -> str:
    found = re.search(r"http://\S+(/portal/join/\S+)", str((letter or mail.outbox[-1]).body))
    assert found
    return found[1]


def member(people: People, user: User) -> Member:
    return Member.objects.get(partner=people.partner, user=user)


def acts(people: People) -> list[tuple[str, str]]:
    events = EntryEvent.objects.filter(partner=people.partner).order_by("id")
    return [(event.kind, event.detail.get("email", "")) for event in events if event.detail]


def test_invited_person_joins_signs_in_and_stands_in_the_list(owner: Client, people: People) -> None:
    assert "A letter to new@example.com is on its way." in invite(owner, " New@Example.com", "reader").text
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["new@example.com"], "Acme Solar invites you to its leads")
    assert "Owner invites you" in letter.body
    assert Invitation.objects.get().state == "sent"
    new = Client()
    page = new.get(link())
    assert "Join Acme Solar" in page.text
    assert "no-store" in page["Cache-Control"]
    joined = post_join(new, link(), name="Nia", password1=NEW, password2=NEW)
    assert joined.headers["Location"] == reverse("portal:login")
    assert Client().get(link()).status_code == 404
    signed = new.post(reverse("portal:login"), {"login": "new@example.com", "password": NEW}, follow=True)
    assert signed.status_code == 200
    page = owner.get(reverse("portal:people"))
    rows = {each.user.name: (each.role, each.last is not None) for each in page.context["members"]}
    assert rows["Nia"] == ("reader", True)
    assert rows["Owner"] == ("owner", False)
    assert acts(people) == [("invited", "new@example.com"), ("joined", "new@example.com")]
    told = [entry.changes[0] for entry in AuditEntry.objects.filter(model="partners.partner").order_by("id")]
    assert told[0]["what"] == "Invitation to the portal: new@example.com, Read-only"
    assert told[1]["what"].startswith("Nia · Acme Solar")
    assert "new@example.com · Read-only" in owner.get(reverse("portal:activity")).text


def post_join(client: Client, path: str, **data: str) -> Any:
    return client.post(path, data, headers={"Origin": "http://testserver"})


def test_login_that_is_there_joins_by_its_password_and_nothing_of_it_is_told(
    owner: Client, people: People
) -> None:
    known = invite(owner, "stranger@example.com").text
    unknown = invite(owner, "nobody@example.com").text
    assert known.count("stranger@example.com") == unknown.count("nobody@example.com")
    assert "Other Roofs" not in known
    path = link(mail.outbox[0])
    visitor = Client()
    assert "You have a login already" in visitor.get(path).text
    wrong = post_join(visitor, path, password="wrong")
    assert "This is not your password." in wrong.text
    people.stranger.refresh_from_db()
    assert people.stranger.check_password(PASSWORD)
    assert post_join(visitor, path, password=PASSWORD).headers["Location"] == reverse("portal:login")
    assert member(people, people.stranger).role == "member"
    # No session began: the door with its second factor stands before it.
    assert "_auth_user_id" not in visitor.session


def test_who_is_signed_in_joins_by_one_button(owner: Client, people: People) -> None:
    invite(owner, "stranger@example.com")
    visitor = Client()
    visitor.force_login(people.stranger)
    page = visitor.get(link()).text
    assert 'type="password"' not in page
    answer = visitor.post(link(), follow=True)
    assert "You have joined Acme Solar." in answer.text
    assert answer.context["place"].partner == people.partner


def test_login_without_a_password_gets_none_by_an_invitation(owner: Client, people: People) -> None:
    """Its first password comes to its own address alone, for it may open other partners' leads."""
    waiting = UserFactory.create(email="waiting@example.com")
    MemberFactory.create(user=waiting, partner=people.foreign)
    invite(owner, "waiting@example.com")
    post_join(Client(), link(), name="Mallory", password1=NEW, password2=NEW)
    waiting.refresh_from_db()
    assert not waiting.has_usable_password()
    assert waiting.memberships.count() == 1


def test_link_ends_by_time_by_a_newer_one_and_by_withdrawal(
    owner: Client, people: People, settings: Settings
) -> None:
    invite(owner)
    row = Invitation.objects.get()
    first = link()
    post(owner, "renew", row.pk)
    assert (Client().get(first).status_code, Client().get(link()).status_code) == (404, 200)
    Invitation.objects.update(expires_at=clock.now())
    assert Client().get(link()).status_code == 404
    assert "over" in owner.get(reverse("portal:people")).text
    post(owner, "renew", row.pk)
    post(owner, "withdraw", row.pk)
    assert Client().get(link()).status_code == 404
    assert [kind for kind, _email in acts(people)] == ["invited", "invited", "invited", "withdrawn"]


def test_without_a_mail_account_the_page_shows_the_link_once(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "can_send", lambda: False)
    page = invite(owner)
    assert Client().get(page.context["once"]["secret"]).status_code == 200
    assert "/portal/join/" in page.text
    assert "/portal/join/" not in owner.get(reverse("portal:people")).text
    assert (Invitation.objects.get().state, mail.outbox) == ("shown", [])


def test_letter_that_does_not_leave_is_told(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(letter: mail.EmailMessage) -> None:
        raise OSError

    monkeypatch.setattr(mail.EmailMessage, "send", fail)
    with pytest.raises(OSError):
        invite(owner)
    assert "Not sent" in owner.get(reverse("portal:people")).text


@pytest.mark.parametrize(
    ("email", "status", "words"),
    [
        ("", 400, "Write the e-mail address of whom you invite."),
        ("ana", 400, "Write the whole address"),
        ("colleague@example.com", 409, "is in the list already"),
        ("asked@example.com", 409, "is invited already"),
    ],
)
def test_invitation_with_a_fault_comes_back(owner: Client, email: str, status: int, words: str) -> None:
    invite(owner, "asked@example.com")
    answer = invite(owner, email)
    assert (answer.status_code, len(mail.outbox)) == (status, 1)
    assert words in answer.text


def test_letters_are_limited(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.people.LETTERS", {"invite": "1/h/user"})
    invite(owner)
    assert invite(owner, "other@example.com").status_code == 429
    post(owner, "renew", Invitation.objects.get().pk)
    assert len(mail.outbox) == 1


def test_role_changes_and_removed_person_is_out_everywhere(owner: Client, people: People) -> None:
    colleague = Client()
    colleague.force_login(people.colleague)
    MemberFactory.create(user=people.colleague, partner=people.foreign)
    page = post(owner, "role", member(people, people.colleague).pk, role="reader")
    assert "The role of Colleague is saved." in page.text
    assert member(people, people.colleague).role == "reader"
    page = post(owner, "remove", member(people, people.colleague).pk)
    assert "Colleague was removed." in page.text
    assert colleague.get(reverse("portal:feed")).status_code == 302
    assert [membership.partner for membership in people.colleague.memberships.all()] == [people.foreign]
    assert acts(people) == [("role", "colleague@example.com"), ("removed", "colleague@example.com")]
    said = [entry.changes[0] for entry in AuditEntry.objects.filter(user=people.owner).order_by("id")]
    assert (said[0]["old"], said[0]["new"]) == ("Member", "Read-only")
    assert (said[1]["what"], said[1]["new"]) == ("Colleague · Acme Solar", "")
    # Whoever is removed signs in anew.
    people.colleague.refresh_from_db()
    colleague.force_login(people.colleague)
    assert colleague.get(reverse("portal:feed")).status_code == 200


@pytest.mark.parametrize(("act", "data"), [("remove", {}), ("role", {"role": "member"})])
def test_last_owner_stays(owner: Client, people: People, act: str, data: dict[str, str]) -> None:
    gone = UserFactory.create(is_active=False)
    MemberFactory.create(user=gone, partner=people.partner, role="owner")
    assert "This is the last owner." in post(owner, act, member(people, people.owner).pk, **data).text
    assert member(people, people.owner).role == "owner"


def test_owner_leaves_when_another_stays(owner: Client, people: People) -> None:
    post(owner, "role", member(people, people.colleague).pk, role="owner")
    answer = owner.post(reverse("portal:remove", args=[member(people, people.owner).pk]), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("portal:login"))
    assert not Member.objects.filter(user=people.owner).exists()


@pytest.mark.parametrize("who", ["colleague", "reader"])
def test_others_change_nobody(client: Client, people: People, who: str) -> None:
    client.force_login(getattr(people, who))
    assert client.get(reverse("portal:people")).status_code == 403
    assert invite(client).status_code == 403
    assert post(client, "remove", member(people, people.owner).pk).status_code == 403
    assert post(client, "role", member(people, getattr(people, who)).pk, role="owner").status_code == 403
    assert 'href="/portal/people/"' not in client.get(reverse("portal:feed")).text


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two owners, each in a connection of its own, at the same moment."""

    @pytest.fixture
    def two(self) -> People:
        people = make_people()
        Member.objects.filter(user=people.colleague).update(role="owner")
        return people

    @pytest.mark.parametrize("act", ["remove", "lower"])
    def test_they_do_not_leave_a_partner_without_owner(self, two: People, act: str) -> None:
        barrier = threading.Barrier(2)
        said: list[str] = []

        def run(by: User, other: User) -> None:
            row = Member.objects.select_related("user", "partner").get(user=other)
            barrier.wait(10)
            try:
                if act == "remove":
                    team.remove(member=row, by=by, at=clock.now())
                else:
                    team.set_role(member=row, by=by, role="member", at=clock.now())
                said.append("done")
            except team.Refused as why:
                said.append(str(why))
            finally:
                connection.close()

        pairs = [(two.owner, two.colleague), (two.colleague, two.owner)]
        threads = [threading.Thread(target=run, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(said) == ["You are no longer an owner. Nothing was changed.", "done"]
        assert Member.objects.filter(partner=two.partner, role="owner").count() == 1


def test_page_takes_few_queries(owner: Client, people: People, django_assert_max_num_queries: Any) -> None:
    MemberFactory.create_batch(20, partner=people.partner)
    with django_assert_max_num_queries(10):
        owner.get(reverse("portal:people"))
