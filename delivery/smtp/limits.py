"""Times and counts of the SMTP sender. RFC 5321, 4.5.3.2 asks for more patience than a lead has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, but for `messages`.

    connect: TCP and TLS. command: one command and its answer. before: all up to the final dot, the
    body included. after: the answer to the final dot. idle: how long an unused connection is kept.
    messages: how many one connection carries. waiting: for a connection, with a lease running.
    """

    connect: float = 10
    command: float = 30
    before: float = 45
    after: float = 120
    idle: float = 30
    messages: int = 50
    waiting: float = 8
