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


@pytest.fixture
def server() -> Any:
    with SmtpServer() as running:
        yield running


# Kept connections


def test_connection_is_kept_and_reset_between(server: SmtpServer) -> None:
    deliver(account(server), parcel(), parcel(), parcel())
    assert server.connections == 1
    assert len(server.mails) == 3
    assert server.count("RSET") == 2


def test_refused_letter_leaves_the_connection_usable(server: SmtpServer) -> None:
    server.on("RCPT", "550 Nobody")

    async def run(channel: EmailChannel) -> None:
        with pytest.raises(Permanent):
            await channel.send(channel.render(parcel()), parcel())
        await channel.send(channel.render(parcel()), parcel())

    with_channel(lambda: account(server), run)
    assert server.connections == 1
    assert len(server.mails) == 1


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


@pytest.mark.parametrize("way", ["gone", "RSET", "MAIL", "421"])
def test_dropped_before_mail_is_tried_once_more(server: SmtpServer, way: str) -> None:
    async def run(channel: EmailChannel) -> None:
        await channel.send(channel.render(parcel()), parcel())
        if way == "gone":
            await asyncio.to_thread(server.hang_up)
        else:
            server.on("RSET" if way != "MAIL" else "MAIL", "421 Idle for too long" if way == "421" else DROP)
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


def test_called_off_before_data_is_cancelled_and_nothing_goes_out(server: SmtpServer) -> None:
    server.on("RCPT", SILENT)
    assert isinstance(cancel_when_waiting(server), asyncio.CancelledError)
    assert server.count("DATA") == 0


def test_called_off_after_data_is_unknown(server: SmtpServer, caplog: pytest.LogCaptureFixture) -> None:
    server.on(".", SILENT)
    ended = cancel_when_waiting(server)
    gc.collect()
    assert not caplog.records  # the thread's own end is nobody's news
    assert isinstance(ended, Unknown)
    assert ended.error_class == "worker_lost"


def test_closing_breaks_off_what_waits(server: SmtpServer) -> None:
    server.on(".", SILENT)
    began = time.monotonic()
    cancel_when_waiting(server)
    assert time.monotonic() - began < 5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("smtp")]
