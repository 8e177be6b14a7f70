"""The process with the sample partners' receiving ends: `python -m leadflip.run.sample`."""

import asyncio
import hmac
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from leadflip.run.ports import HOST
from leadflip.run.sample.crm import Crm
from leadflip.run.sample.demo import Demo
from leadflip.run.sample.mailbox import Mailbox
from leadflip.run.sample.received import PASSWORD
from leadflip.run.state import State


async def serve(state: State) -> None:
    """Take leads and letters until SIGTERM; show them to whoever has the state folder's password."""
    demo = Demo.known(state)
    assert demo is not None
    crm, mailbox = Crm(demo.signing_secret), Mailbox()
    runner = web.AppRunner(_application(state, crm, mailbox), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, demo.crm_port).start()
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(mailbox.protocol, HOST, demo.smtp_port)
    await _signal(loop)
    smtp.close()
    await runner.cleanup()


def _application(state: State, crm: Crm, mailbox: Mailbox) -> web.Application:
    application = web.Application()
    application.router.add_route("*", "/leads", crm.take)
    application.router.add_route("*", "/open", crm.take_any)
    for name, inbox in (("crm", crm), ("mailbox", mailbox)):
        application.router.add_get(f"/received/{name}", _show(inbox, state.password(PASSWORD)))
    return application


def _show(inbox: Any, password: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def show(request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {password}"):
            return web.Response(status=401)
        return web.json_response(list(inbox.received))

    return show


async def _signal(loop: asyncio.AbstractEventLoop) -> None:
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(State.current()))
