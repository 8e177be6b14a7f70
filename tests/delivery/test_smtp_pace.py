"""Letters ahead of the connections: many for a quick server, none for a slow one."""

import asyncio

import pytest
from pytest_django import Settings

from delivery.channels.base import Temporary
from delivery.channels.email import EmailChannel
from delivery.smtp import Limits
from delivery.smtp.pace import AHEAD, MOST_AHEAD, Pace
from tests.delivery.letters import account, parcel, with_channel
from tests.servers.smtp import SILENT, SmtpServer


def test_nothing_is_ahead_before_anything_is_known() -> None:
    assert Pace().depth == 1


def test_quick_server_gets_letters_ahead_and_one_slow_letter_takes_them_back() -> None:
    pace = Pace()
    for _ in range(30):
        pace.end(pace.begin())
    assert pace.depth == MOST_AHEAD
    pace.end(pace.begin() - 2 * AHEAD)
    assert pace.depth == 1


def test_letter_that_hangs_takes_them_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()
    for _ in range(30):
        pace.end(pace.begin())
    began = pace.begin()
    # The clock that no test may move: what hangs has begun long ago.
    monkeypatch.setattr("delivery.smtp.pace.time.monotonic", lambda: began + 5)
    assert pace.depth == 1


def test_letter_waits_for_a_connection_only_so_long() -> None:
    """The first letter hangs; the second is put off before its lease can run out."""

    async def run(channel: EmailChannel) -> BaseException:
        first = asyncio.create_task(channel.send(channel.render(parcel()), parcel()))
        await asyncio.to_thread(server.waiting.wait, 5)
        second = asyncio.create_task(channel.send(channel.render(parcel()), parcel()))
        await asyncio.sleep(0.05)
        server.hang_up()
        ended = await asyncio.gather(first, second, return_exceptions=True)
        assert isinstance(ended[1], BaseException)
        return ended[1]

    with SmtpServer() as server:
        server.on("RCPT", SILENT)
        limits = Limits(connect=5, command=5, before=5, after=5, waiting=0.01)
        error = with_channel(lambda: account(server, connections=1), run, limits)
        assert isinstance(error, Temporary)
        assert (error.error_class, error.floor, error.endpoint) == ("timeout", 60, False)
        assert server.count("DATA") == 0


def test_time_for_a_letter_fits_its_lease(settings: Settings) -> None:
    limits = Limits()
    assert limits.waiting + limits.before + limits.after < settings.EMAIL_LEASE_SECONDS
