"""The SMTP sender against servers that fail on purpose: rows 29 to 31 of the failure catalogue."""

import email
import email.policy
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from delivery.channels.base import Configuration, DeliveryError, Permanent, Temporary, Unknown
from delivery.smtp import Limits
from delivery.smtp.link import stuffed
from tests.delivery.letters import JOB, account, deliver, failure, parcel
from tests.servers.certificates import Authority, self_signed
from tests.servers.smtp import DROP, SILENT, SmtpServer

TRIO = ("a@example.com", "b@example.com", "c@example.com")


def outcome(error: DeliveryError) -> tuple[str, str, bool]:
    return error.outcome, error.error_class, error.endpoint


@pytest.fixture(params=[(), ("PIPELINING",)], ids=["one by one", "pipelined"])
def server(request: pytest.FixtureRequest) -> Any:
    with SmtpServer(offers=request.param) as running:
        yield running


# A letter goes out


def test_letter_arrives_with_its_envelope(server: SmtpServer) -> None:
    [receipt] = deliver(account(server), parcel(*TRIO))
    [mail] = server.mails
    assert mail.sender == "from@example.com"
    assert mail.recipients == TRIO
    assert receipt.answer.code == 250
    assert receipt.answer.address == "127.0.0.1"
    assert "DATA: 250 2.0.0 Queued" in receipt.answer.text
    assert receipt.recipients == {name: {"state": "accepted", "code": 250} for name in TRIO}
    assert receipt.note == ""


def test_message_id_is_the_jobs_on_every_attempt(server: SmtpServer) -> None:
    deliver(account(server), parcel(), parcel(attempt=2))
    ids = [email.message_from_bytes(mail.data)["Message-ID"] for mail in server.mails]
    assert ids == [f"<{JOB}@example.com>"] * 2


def test_from_carries_the_accounts_name(server: SmtpServer) -> None:
    deliver(account(server, name='Lé, "ads" @home'), parcel())
    message = email.message_from_bytes(server.mails[0].data, policy=email.policy.default)
    assert str(message["From"]) == "Lé ads home <from@example.com>"


def test_announces_size_where_asked(server: SmtpServer) -> None:
    server.offers += ("SIZE 1000000",)
    deliver(account(server), parcel())
    assert server.mails[0].options == f"SIZE={len(server.mails[0].data)}"


@pytest.mark.parametrize(
    "data", [b"one\r\n.two\r\n..three\r\n.", b"lone\rcarriage\nreturns", b"end\r\n\r\n\r\n", b""]
)
def test_stuffed_is_read_back_as_it_was(data: bytes) -> None:
    wire = stuffed(data)
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    assert wire.endswith(b"\r\n")
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert b"\r" not in wire.replace(b"\r\n", b"")
    read = b"\n".join(line.removeprefix(b".") for line in wire.split(b"\r\n"))
    assert read.rstrip(b"\n") == data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")


# Row 29: the account


def test_account_not_set_says_where_to_set_it() -> None:
    error = failure(None, parcel())
    assert outcome(error) == ("configuration", "not_configured", True)
    assert "SMTP_URL" in error.text
    assert "SMTP account" in error.text


@pytest.mark.parametrize(
    ("verb", "answer", "expected"),
    [
        ("GREETING", "554 No service", ("configuration", "smtp_5xx", True)),
        ("GREETING", "421 Too busy", ("temporary", "smtp_4xx", True)),
        ("GREETING", "SSH-2.0-OpenSSH", ("temporary", "protocol", True)),
        ("EHLO", "550 Not you", ("configuration", "smtp_5xx", True)),
        ("EHLO", "451 Later", ("temporary", "smtp_4xx", True)),
        ("MAIL", "550 Not from there", ("configuration", "smtp_5xx", True)),
        ("MAIL", "530 5.7.0 Authentication required", ("configuration", "auth", True)),
        ("MAIL", "552 Too large", ("permanent", "smtp_5xx", False)),
        ("MAIL", "451 Later", ("temporary", "smtp_4xx", True)),
        ("MAIL", "432 Too many", ("temporary", "smtp_4xx", True)),
        ("RCPT", "550 Nobody", ("permanent", "smtp_5xx", False)),
        ("RCPT", "552 Mailbox full", ("permanent", "smtp_5xx", False)),
        ("RCPT", "450 Greylisted", ("temporary", "smtp_4xx", False)),
        ("DATA", "554 No", ("permanent", "smtp_5xx", False)),
        ("DATA", "451 Later", ("temporary", "smtp_4xx", False)),
        ("DATA", "250 What", ("temporary", "smtp_4xx", False)),
        (".", "554 Spam", ("permanent", "smtp_5xx", False)),
        (".", "552 Too large", ("permanent", "smtp_5xx", False)),
        (".", "452 Full", ("temporary", "smtp_4xx", False)),
        (".", "Whatever", ("unknown", "protocol", False)),
    ],
)
def test_answer_at_each_phase(
    server: SmtpServer, verb: str, answer: str, expected: tuple[str, str, bool]
) -> None:
    server.on(verb, answer)
    error = failure(account(server), parcel())
    assert outcome(error) == expected
    assert error.floor == (60 if isinstance(error, Temporary) else 0)
    assert server.mails == []


@pytest.mark.parametrize("verb", ["GREETING", "MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("code", [450, 550])
def test_server_text_stays_out_of_our_words(server: SmtpServer, verb: str, code: int) -> None:
    server.on(verb, f"{code} echo of Jane Canary")
    error = failure(account(server), parcel())
    assert "Canary" not in error.text + str(error) + repr(error) + repr(error.answer)
    assert "Canary" in error.answer.text
    assert error.answer.code == code


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("how", "kind"), [(DROP, "reset"), (SILENT, "timeout")])
def test_connection_lost_before_the_dot_is_temporary(
    server: SmtpServer, verb: str, how: str, kind: str
) -> None:
    server.on(verb, how)
    error = failure(account(server), parcel(), Limits(command=0.1, before=1))
    assert outcome(error) == ("temporary", kind, True)
    assert error.floor == 60


def test_refused_connection_and_unknown_name_are_temporary(server: SmtpServer) -> None:
    gone = account(server)
    server.__exit__()
    assert outcome(failure(gone, parcel())) == ("temporary", "refused", True)


def test_time_up_to_the_dot_is_bounded_in_all(server: SmtpServer) -> None:
    # Each command is quick enough; together they are not.
    answers = [f"250-{number}" for number in range(3)]
    server.on("MAIL", "\r\n".join(answers))
    began = time.monotonic()
    error = failure(account(server), parcel(), Limits(command=5, before=0.2))
    assert outcome(error) == ("temporary", "timeout", True)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("offer", ["AUTH PLAIN LOGIN", "AUTH LOGIN", "AUTH=LOGIN"])
def test_signs_in(tmp_path: Path, offer: str) -> None:
    authority = Authority(tmp_path)
    with SmtpServer(implicit=authority.server(), offers=(offer,)) as server:
        own = account(server, security="tls", user="jané", password="pä ss", ca_file=str(authority.file))
        deliver(own, parcel())
    assert server.signed_in == ["jané pä ss"]
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("offer", "answer", "expected"),
    [
        ("AUTH PLAIN", "535 5.7.8 Bad password hunter2", ("configuration", "auth", True)),
        ("AUTH LOGIN", "535 5.7.8 Bad password hunter2", ("configuration", "auth", True)),
        ("AUTH PLAIN", "454 4.7.0 Later", ("temporary", "smtp_4xx", True)),
        ("AUTH CRAM-MD5", "", ("configuration", "auth", True)),
        ("SIZE", "", ("configuration", "auth", True)),
    ],
)
def test_sign_in_refused(tmp_path: Path, offer: str, answer: str, expected: tuple[str, str, bool]) -> None:
    authority = Authority(tmp_path)
    with SmtpServer(implicit=authority.server(), offers=(offer,)) as server:
        server.on("AUTH", answer)
        own = account(server, security="tls", user="u", password="hunter2", ca_file=str(authority.file))
        error = failure(own, parcel())
    assert outcome(error) == expected
    assert "hunter2" not in error.text + repr(own) + repr(error)


def test_without_tls_no_password_is_sent(server: SmtpServer) -> None:
    server.offers += ("AUTH PLAIN LOGIN",)
    deliver(account(server, user="user", password="secret"), parcel())
    assert server.signed_in == []
    assert len(server.mails) == 1


def test_starttls_is_demanded(server: SmtpServer) -> None:
    error = failure(account(server, security="starttls", user="u", password="p"), parcel())
    assert outcome(error) == ("configuration", "tls", True)
    assert "STARTTLS" in error.text
    assert server.count("MAIL") == server.count("AUTH") == 0


@pytest.mark.parametrize(("answer", "kind"), [("454 Later", "temporary"), ("554 No", "configuration")])
def test_starttls_refused(tmp_path: Path, answer: str, kind: str) -> None:
    authority = Authority(tmp_path)
    with SmtpServer(starttls=authority.server()) as server:
        server.on("STARTTLS", answer)
        assert failure(account(server, security="starttls"), parcel()).outcome == kind
        assert server.mails == []


def test_starttls_asks_anew_what_is_offered(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with SmtpServer(starttls=authority.server(), offers=("AUTH PLAIN",)) as server:
        own = account(server, security="starttls", user="u", password="p", ca_file=str(authority.file))
        deliver(own, parcel())
    assert server.hellos == [False, True]
    assert server.signed_in == ["u p"]


def bad_contexts(folder: Path, authority: Authority) -> dict[str, ssl.SSLContext]:
    return {
        "expired": authority.server(expired=True),
        "for another name": authority.server("mail.example.com"),
        "self-signed": self_signed(folder),
    }


@pytest.mark.parametrize("which", ["expired", "for another name", "self-signed"])
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_certificate_that_is_not_trusted(tmp_path: Path, which: str, security: str) -> None:
    authority = Authority(tmp_path)
    context = bad_contexts(tmp_path, authority)[which]
    implicit = security == "tls"
    way = SmtpServer(implicit=context) if implicit else SmtpServer(starttls=context)
    with way as server:
        error = failure(account(server, security=security, ca_file=str(authority.file)), parcel())
        assert outcome(error) == ("configuration", "tls", True)
        assert "certificate" in error.text
        assert server.mails == []


def test_tls_with_a_server_in_clear_is_temporary(server: SmtpServer) -> None:
    error = failure(account(server, security="tls"), parcel(), Limits(connect=0.3))
    assert error.outcome == "temporary"
    assert error.error_class in ("tls", "timeout")


def test_ca_file_that_is_not_there(server: SmtpServer) -> None:
    error = failure(account(server, security="tls", ca_file="/nowhere.pem"), parcel())
    assert outcome(error) == ("configuration", "settings", True)
    assert "SMTP_CA_FILE" in error.text


# Row 30: partly refused


def test_accepted_recipient_is_never_mailed_again(server: SmtpServer) -> None:
    server.on("RCPT b@example.com", "550 Nobody")
    server.on("RCPT c@example.com", "451 Greylisted")
    first = failure(account(server), parcel(*TRIO))
    assert isinstance(first, Temporary)
    assert first.recipients == {
        "a@example.com": {"state": "accepted", "code": 250},
        "b@example.com": {"state": "refused", "code": 550},
        "c@example.com": {"state": "deferred", "code": 451},
    }
    [receipt] = deliver(account(server), parcel(*TRIO, states=first.recipients))
    assert [mail.recipients for mail in server.mails] == [("a@example.com",), ("c@example.com",)]
    assert server.count("RCPT TO:<a@") == server.count("RCPT TO:<b@") == 1
    assert server.count("DATA") == 2
    assert receipt.note.startswith("1 of 3 recipients were refused")
    assert receipt.recipients is not None
    assert receipt.recipients["b@example.com"]["state"] == "refused"


def test_all_refused_is_final_and_nothing_is_sent(server: SmtpServer) -> None:
    server.on("RCPT", "550 Nobody", times=None)
    error = failure(account(server), parcel(*TRIO))
    assert isinstance(error, Permanent)
    assert "3 of 3" in error.text
    assert server.mails == []


def test_put_off_recipients_go_on_after_the_others_were_refused(server: SmtpServer) -> None:
    server.on("RCPT a@example.com", "550 Nobody")
    server.on("RCPT b@example.com", "450 Later")
    error = failure(account(server), parcel("a@example.com", "b@example.com"))
    assert isinstance(error, Temporary)
    assert server.mails == []
    server.on("RCPT b@example.com", "550 Nobody either")
    states = error.recipients
    assert isinstance(failure(account(server), parcel(*TRIO[:2], states=states)), Permanent)


def test_nobody_left_needs_no_letter(server: SmtpServer) -> None:
    states = {"a@example.com": {"state": "accepted", "code": 250}}
    [receipt] = deliver(account(server), parcel(states=states))
    assert receipt.recipients == states
    assert server.count("DATA") == server.count("RCPT") == 0


def test_closing_in_the_middle_of_the_recipients_leaves_all_open(server: SmtpServer) -> None:
    server.on("RCPT b@example.com", "421 Closing")
    error = failure(account(server), parcel(*TRIO))
    assert isinstance(error, Temporary)
    assert server.mails == []
    deliver(account(server), parcel(*TRIO, states=error.recipients))
    assert server.mails[0].recipients == TRIO


def test_lost_recipients_phase_keeps_what_was_settled(server: SmtpServer) -> None:
    server.on("RCPT a@example.com", "550 Nobody")
    server.on("DATA", DROP)
    error = failure(account(server), parcel(*TRIO))
    assert error.recipients == {"a@example.com": {"state": "refused", "code": 550}}


def test_account_error_keeps_the_states_of_before(server: SmtpServer) -> None:
    server.on("GREETING", "421 Busy")
    states = {"a@example.com": {"state": "accepted", "code": 250}}
    assert failure(account(server), parcel(*TRIO, states=states)).recipients == states


# Row 31: no answer to the final dot


@pytest.mark.parametrize(("how", "kind"), [(SILENT, "timeout"), (DROP, "reset")])
def test_no_answer_after_the_dot_is_unknown(server: SmtpServer, how: str, kind: str) -> None:
    server.on("RCPT b@example.com", "550 Nobody")
    server.on(".", how)
    first = failure(account(server), parcel(*TRIO), Limits(after=0.2))
    assert isinstance(first, Unknown)
    assert outcome(first) == ("unknown", kind, False)
    assert first.recipients == {"b@example.com": {"state": "refused", "code": 550}}
    deliver(account(server), parcel(*TRIO, states=first.recipients, attempt=2))
    [mail] = server.mails
    assert mail.recipients == ("a@example.com", "c@example.com")
    assert email.message_from_bytes(mail.data)["Message-ID"] == f"<{JOB}@example.com>"


def test_patience_after_the_dot_is_its_own(server: SmtpServer) -> None:
    server.on(".", SILENT)
    began = time.monotonic()
    failure(account(server), parcel(), Limits(command=0.8, before=0.8, after=1))
    assert time.monotonic() - began >= 1


def test_configuration_is_not_temporary() -> None:
    assert not issubclass(Configuration, Temporary)
