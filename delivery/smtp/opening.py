"""What a link goes through before its first letter: connect, be secured as the account says, sign in."""

import asyncio
import ssl
from base64 import b64encode
from functools import lru_cache

from delivery.channels.base import Answer, DeliveryError
from delivery.smtp import errors
from delivery.smtp.account import NONE, STARTTLS, TLS, Account
from delivery.smtp.errors import Phase, Refused, Reply
from delivery.smtp.link import LOST, Link

SIGNED_IN = (235, 503)
MORE = 334


async def open_link(link: Link, account: Account) -> None:
    """Brings a new link past EHLO, STARTTLS and AUTH, its letter's time running. Raises DeliveryError."""
    link.start()
    try:
        await _open(link, account)
    except Refused as refused:
        raise account_error(refused.reply, account, link) from None
    except LOST as error:
        raise errors.lost(error, account.host) from None


def account_error(reply: Reply, account: Account, link: Link) -> DeliveryError:
    """The error of an answer that speaks of the account."""
    return errors.account_error(reply, account.host, Answer(reply.code, link.peer, str(reply)))


async def _open(link: Link, account: Account) -> None:
    # The well-known authorities take tens of milliseconds to read.
    tls = None if account.security == NONE else await asyncio.to_thread(tls_context, account.ca_file)
    await link.open(account.host, account.port, tls if account.security == TLS else None)
    await link.hello()
    if account.security == STARTTLS and tls is not None:
        if "starttls" not in link.features:
            raise errors.no_starttls(account.host)
        await link.secure(account.host, tls)
    if account.user and tls is not None:
        await _sign_in(link, account)


async def _sign_in(link: Link, account: Account) -> None:
    offered = link.features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        steps = ["AUTH PLAIN " + _coded(f"\0{account.user}\0{account.password}")]
    elif "LOGIN" in offered:
        steps = ["AUTH LOGIN", _coded(account.user), _coded(account.password)]
    else:
        raise errors.no_mechanism(account.host)
    for step in steps:
        reply = await link.ask(Phase.AUTH, step)
        if reply.code != MORE:
            break
    if reply.code not in SIGNED_IN:
        raise Refused(reply)


def _coded(text: str) -> str:
    return b64encode(text.encode()).decode()


@lru_cache(maxsize=4)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Verifies, by the well-known authorities and those of a PEM file. Raises Configuration."""
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError):
            raise errors.no_ca_file() from None
    return context
