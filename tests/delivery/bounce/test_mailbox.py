"""The IMAP mailbox: read, kept, moved; what goes wrong there, in the server's words."""

import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from delivery.bounce import imap, mailbox
from delivery.bounce.imap import MOST_MAILS, Mailbox, MailboxError, look
from delivery.bounce.take import MOST_BYTES
from delivery.models import BounceBox, BounceMail
from delivery.tasks import read_bounces
from tests.delivery.bounce.mails import block, report
from tests.delivery.bounce.test_take import ANA, back, sent_job
from tests.servers.certificates import Authority, self_signed
from tests.servers.imap import DROP, SILENT, ImapServer

PASSWORD = "planted pässword"
MAILS = [b"Subject: %d\r\n\r\nText\r\n" % number for number in range(3)]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def context(authority: Authority) -> ssl.SSLContext:
    return authority.server()


@pytest.fixture
def server(context: ssl.SSLContext) -> Iterator[ImapServer]:
    with ImapServer(context) as server:
        yield server


@pytest.fixture
def box(server: ImapServer, authority: Authority, settings: Any, db: None) -> BounceBox:
    """The settings of a mailbox on that server."""
    settings.SMTP_CA_FILE = str(authority.file)
    row = BounceBox.current()
    row.host, row.port, row.user = "127.0.0.1", server.port, "bounces"
    row.put_password(PASSWORD)
    row.save()
    return row


def at(server: ImapServer, authority: Authority, **more: Any) -> Mailbox:
    usual = {"host": "127.0.0.1", "security": "tls", "user": "bounces", "password": PASSWORD}
    return Mailbox(**{**usual, "port": server.port, "ca_file": str(authority.file), **more})


def fault(where: Mailbox, seconds: float = 20) -> str:
    with pytest.raises(MailboxError) as caught:
        look(where, lambda raw, size: None, seconds=seconds)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


# The protocol


@pytest.mark.parametrize("starttls", [False, True])
@pytest.mark.parametrize("offers", [("AUTH=PLAIN", "MOVE"), ("AUTH=PLAIN", "UIDPLUS"), ("UIDPLUS", "MOVE")])
def test_mails_are_taken_in_order_and_moved(
    context: ssl.SSLContext, authority: Authority, starttls: bool, offers: tuple[str, ...]
) -> None:
    taken: list[tuple[bytes, int]] = []
    password = PASSWORD if "AUTH=PLAIN" in offers else 'with "quotes" and \\'
    with ImapServer(context, starttls=starttls, offers=offers) as server:
        server.put(*MAILS)
        where = at(server, authority, security="starttls" if starttls else "tls", password=password)
        assert look(where, lambda raw, size: taken.append((raw, size)), seconds=20) == 3
    assert taken == [(mail, len(mail)) for mail in MAILS]
    assert (server.folders["INBOX"], list(server.folders["Processed"].values())) == ({}, MAILS)
    assert not any("Seen" in command for command in server.commands)


def test_password_goes_through_tls_alone(server: ImapServer, authority: Authority) -> None:
    with ImapServer(server.context, starttls=False) as other:
        where = at(other, authority, security="starttls")
        assert "127.0.0.1" in fault(where, seconds=0.3)
    assert other.signed_in == []


def test_only_so_many_mails_and_bytes_are_read(server: ImapServer, authority: Authority) -> None:
    server.put(b"x" * 5_000_000, *([MAILS[0]] * MOST_MAILS))
    sizes: list[tuple[int, int]] = []
    assert (
        look(at(server, authority), lambda raw, size: sizes.append((len(raw), size)), seconds=60)
        == MOST_MAILS
    )
    assert sizes[0] == (MOST_BYTES, 5_000_000)
    assert len(server.folders["INBOX"]) == 1


def test_empty_folder_is_no_trouble(server: ImapServer, authority: Authority) -> None:
    assert look(at(server, authority), lambda raw, size: None, seconds=20) == 0


@pytest.mark.parametrize(
    ("verb", "answer", "words"),
    [
        ("LOGIN", "NO [AUTHENTICATIONFAILED] Wrong user or password", "Wrong user or password"),
        ("SELECT", "NO [NONEXISTENT] No such folder", "No such folder"),
        ("SEARCH", "BAD What?", "What?"),
        ("FETCH", "NO [SERVERBUG] Cannot", "Cannot"),
        ("MOVE", DROP, "127.0.0.1"),
        ("GREETING", "* BYE Too many connections", "Too many connections"),
        ("GREETING", "SSH-2.0-OpenSSH_9.6", "127.0.0.1"),
        ("CAPABILITY", DROP, "127.0.0.1"),
    ],
)
def test_what_goes_wrong_is_told_in_the_servers_words(
    server: ImapServer, authority: Authority, verb: str, answer: str, words: str
) -> None:
    server.put(*MAILS)
    server.on(verb, answer)
    assert words in fault(at(server, authority))
    assert len(server.folders["INBOX"]) == 3


def test_password_that_the_server_echoes_is_masked(server: ImapServer, authority: Authority) -> None:
    server.on("LOGIN", f"NO Not with {PASSWORD}")
    assert "Not with •••" in fault(at(server, authority))


@pytest.mark.parametrize("verb", ["GREETING", "LOGIN", "FETCH"])
def test_silent_server_ends_with_the_time(server: ImapServer, authority: Authority, verb: str) -> None:
    server.put(*MAILS)
    server.on(verb, SILENT)
    began = time.monotonic()
    assert "did not answer in time" in fault(at(server, authority), seconds=0.5)
    assert time.monotonic() - began < 5


def test_answer_of_any_size_is_refused(server: ImapServer, authority: Authority) -> None:
    server.put(*MAILS)
    server.on("FETCH", "OK\r\n* 1 FETCH (BODY[] {999999999999}")
    assert "127.0.0.1" in fault(at(server, authority), seconds=2)


def test_server_that_cannot_move_is_left_alone(context: ssl.SSLContext, authority: Authority) -> None:
    with ImapServer(context, offers=("AUTH=PLAIN",)) as server:
        server.put(*MAILS)
        assert "neither MOVE nor UIDPLUS" in fault(at(server, authority))
    assert len(server.folders["INBOX"]) == 3


def test_certificate_is_verified(tmp_path: Path) -> None:
    with ImapServer(self_signed(tmp_path)) as server:
        where = Mailbox("localhost", server.port, "tls", "bounces", PASSWORD)
        assert "certificate that is not trusted" in fault(where)
    assert server.signed_in == []


def test_nobody_there_and_unknown_name(server: ImapServer, authority: Authority) -> None:
    with ImapServer(server.context) as gone:
        port = gone.port
    assert "Connection refused" in fault(at(server, authority, port=port))
    assert "No address is known" in fault(at(server, authority, host="nowhere.invalid"))


# What is set


def test_bounce_in_the_mailbox_fails_its_job(server: ImapServer, box: BounceBox) -> None:
    job = sent_job()
    server.put(report(block(ANA), to=back(job)), MAILS[0])
    assert read_bounces() == 2
    job.refresh_from_db()
    box.refresh_from_db()
    assert job.status == "failed"
    assert (box.read_count, box.error, box.reading_until) == (2, "", None)
    assert box.read_at is not None
    assert server.signed_in == [f"bounces {PASSWORD}"]


def test_mail_that_could_not_be_moved_acts_once(server: ImapServer, box: BounceBox) -> None:
    job = sent_job()
    server.put(report(block(ANA), to=back(job)))
    server.on("MOVE", "NO Full", "NO Full")
    assert read_bounces() == 0
    box.refresh_from_db()
    assert "Full" in box.error
    assert BounceMail.objects.get().effect == "job_failed"
    assert read_bounces() == 1
    box.refresh_from_db()
    assert (box.error, server.folders["INBOX"], BounceMail.objects.count()) == ("", {}, 1)


def test_failed_look_keeps_the_time_of_the_last_good_one(server: ImapServer, box: BounceBox) -> None:
    before = timezone.now() - timedelta(hours=2)
    BounceBox.objects.update(read_at=before)
    server.on("LOGIN", "NO Wrong")
    with pytest.raises(MailboxError, match="Wrong"):
        mailbox.check()
    box.refresh_from_db()
    assert (box.read_at, box.reading_until) == (before, None)
    assert box.error_at is not None


def test_two_do_not_read_at_once(server: ImapServer, box: BounceBox) -> None:
    BounceBox.objects.update(reading_until=timezone.now() + timedelta(seconds=30))
    assert mailbox.check() is None
    assert server.connections == 0
    # Whoever held it died.
    BounceBox.objects.update(reading_until=timezone.now() - timedelta(seconds=1))
    assert mailbox.check() == 0


def test_without_a_mailbox_nothing_is_asked(db: None) -> None:
    assert read_bounces() == 0
    BounceBox.current()
    assert read_bounces() == 0


def test_password_that_no_key_opens_is_said(box: BounceBox, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="]
    with pytest.raises(MailboxError, match="No key in ENCRYPTION_KEYS"):
        mailbox.check()


def test_time_for_a_look_fits_the_task() -> None:
    limit = read_bounces.soft_time_limit
    assert limit is not None
    assert limit > mailbox.SECONDS + imap.CONNECT_SECONDS
