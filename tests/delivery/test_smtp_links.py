"""The SMTP sender's connections: kept, dropped, limited, and called off."""

import asyncio
import gc
import threading
import time
from typing import Any

import pytest

from delivery.channels.base import Permanent, Unknown
from delivery.channels.email import EmailChannel
from delivery.smtp import Limits
from delivery.smtp.pace import MOST_AHEAD
from tests.delivery.letters import PATIENT, account, deliver, failure, parcel, with_channel
from tests.servers.smtp import DROP, SILENT, SmtpServer


@pytest.fixture(params=[(), ("PIPELINING",)], ids=["one by one", "pipelined"])
def server(request: pytest.FixtureRequest) -> Any:
    with SmtpServer(offers=request.param) as running:
        yield running


# Kept connections


def test_connection_is_kept_between_letters(server: SmtpServer) -> None:
    deliver(account(server), parcel(), parcel(), parcel())
    assert server.connections == 1
    assert len(server.mails) == 3
    assert server.count("RSET") == 0


def test_refused_letter_leaves_the_connection_usable(server: SmtpServer) -> None:
    server.on("RCPT", "550 Nobody")

    async def run(channel: EmailChannel) -> None:
        with pytest.raises(Permanent):
            await channel.send(channel.render(parcel()), parcel())
        await channel.send(channel.render(parcel()), parcel())

    with_channel(lambda: account(server), run)
    # A server that waits for a letter to nobody is left without one.
    waits = "PIPELINING" in server.offers
    assert server.connections == (2 if waits else 1)
    assert server.count("RSET") == (0 if waits else 1)
    assert len(server.mails) == 1


def test_connection_stays_where_nobody_was_taken_and_no_letter_is_waited_for() -> None:
    async def run(channel: EmailChannel) -> None:
        with pytest.raises(Permanent):
            await channel.send(channel.render(parcel()), parcel())
        await channel.send(channel.render(parcel()), parcel())

    with SmtpServer(offers=("PIPELINING",)) as server:
        server.on("RCPT", "550 Nobody")
        server.on("DATA", "503 Name somebody first")
        with_channel(lambda: account(server), run)
        assert (server.connections, server.count("RSET"), len(server.mails)) == (1, 1, 1)


def test_commands_of_a_letter_go_out_together_where_that_is_offered(server: SmtpServer) -> None:
    deliver(account(server), parcel("a@example.com", "b@example.com"), parcel())
    assert server.commands[-3:-1] == ["RCPT TO:<a@example.com>", "DATA"]
    together = "PIPELINING" in server.offers
    assert server.most_ahead == (3 if together else 0)


def test_connection_carries_so_many_letters(server: SmtpServer) -> None:
    deliver(account(server), *[parcel()] * 5, limits=Limits(messages=2))
    assert server.connections == 3
    assert len(server.mails) == 5


def test_idle_connection_is_closed_with_quit(server: SmtpServer) -> None:
    async def run(channel: EmailChannel) -> None:
        await channel.send(channel.render(parcel()), parcel())
        async with asyncio.timeout(5):
            while not server.count("QUIT"):  # noqa: ASYNC110 - another thread counts
                await asyncio.sleep(0.02)

    with_channel(lambda: account(server), run, Limits(idle=0.05))
    assert server.count("QUIT") == 1


@pytest.mark.parametrize("answer", ["gone", DROP, "421 Idle for too long"])
def test_dropped_before_mail_is_tried_once_more(server: SmtpServer, answer: str) -> None:
    async def run(channel: EmailChannel) -> None:
        await channel.send(channel.render(parcel()), parcel())
        if answer == "gone":
            await asyncio.to_thread(server.hang_up)
        else:
            server.on("MAIL", answer)
        await channel.send(channel.render(parcel()), parcel())

    with_channel(lambda: account(server), run)
    assert server.connections == 2
    assert len(server.mails) == 2


def test_dropped_fresh_connection_is_not_tried_again(server: SmtpServer) -> None:
    server.on("MAIL", DROP)
    assert failure(account(server), parcel()).error_class == "reset"
    assert server.connections == 1


def test_changed_account_takes_a_connection_of_its_own(server: SmtpServer) -> None:
    given = [account(server), account(server, address="other@example.com")]

    async def run(channel: EmailChannel) -> None:
        for _ in range(2):
            await channel.send(channel.render(parcel()), parcel())

    with_channel(lambda: given.pop(0), run)
    assert server.connections == 2
    assert [mail.sender for mail in server.mails] == ["from@example.com", "other@example.com"]


@pytest.mark.parametrize("places", [1, 3])
def test_no_more_connections_than_places(server: SmtpServer, places: int) -> None:
    async def run(channel: EmailChannel) -> int:
        await asyncio.gather(*(channel.send(channel.render(parcel()), parcel()) for _ in range(12)))
        return channel.places

    # What may be claimed at once is more for a server that is quick: see `delivery.smtp.pace`.
    assert places <= with_channel(lambda: account(server, connections=places), run) <= places * MOST_AHEAD
    assert server.most_open <= places
    assert len(server.mails) == 12


# Called off


def cancel_when_waiting(server: SmtpServer, limits: Limits = PATIENT) -> BaseException:
    """Cancels a letter once the server is silent, and returns how `send` ended."""

    async def run(channel: EmailChannel) -> BaseException:
        task = asyncio.create_task(channel.send(channel.render(parcel()), parcel()))
        await asyncio.to_thread(server.waiting.wait, 5)
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended, BaseException)
        return ended

    ended = with_channel(lambda: account(server), run, limits)
    assert isinstance(ended, BaseException)
    return ended


def test_called_off_before_the_dot_is_cancelled_and_nothing_goes_out(server: SmtpServer) -> None:
    server.on("RCPT", SILENT)
    assert isinstance(cancel_when_waiting(server), asyncio.CancelledError)
    assert server.mails == []


def test_called_off_after_the_dot_is_unknown(server: SmtpServer, caplog: pytest.LogCaptureFixture) -> None:
    server.on(".", SILENT)
    ended = cancel_when_waiting(server)
    gc.collect()
    assert not caplog.records
    assert isinstance(ended, Unknown)
    assert ended.error_class == "worker_lost"


def test_closing_breaks_off_what_waits(server: SmtpServer) -> None:
    server.on(".", SILENT)
    began = time.monotonic()
    cancel_when_waiting(server)
    assert time.monotonic() - began < 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("smtp")]
