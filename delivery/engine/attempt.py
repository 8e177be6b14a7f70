"""One attempt: render, send, and say how it ended. Nothing that a channel does escapes from here."""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from delivery.channels.base import Answer, Channel, DeliveryError, Message, Receipt
from delivery.engine.claim import Claimed
from delivery.engine.health import says
from delivery.engine.prepare import Make
from delivery.engine.settle import Result
from delivery.retry import Tried, Wait, next_step
from leadflip.kit import clock, crypto, show

logger = logging.getLogger(__name__)

KEPT = 4096
WORDS = 500


class Attempt:
    """One try of a claimed row. `sending` tells whether the channel was asked to send."""

    def __init__(self, row: Claimed, rng: Callable[[], float] = random.random) -> None:
        self.row = row
        self.started_at: datetime = clock.now()
        self.sending = False
        self._began = time.perf_counter()
        self._message: Message | None = None
        self._hidden: tuple[str, ...] = ()
        self._rng = rng

    async def run(self, channel: Channel[Any], make: Make) -> Result:
        """Sends once and returns the result; a parcel that cannot be made is a failed attempt too."""
        self.started_at, self._began = clock.now(), time.perf_counter()
        try:
            parcel = make()
            self._hidden = parcel.hidden
            self._message = channel.render(parcel)
            self.sending = True
            receipt = await channel.send(self._message, parcel)
        except DeliveryError as error:
            return self.failed(error)
        except Exception as error:
            return self._internal(error)
        return self._delivered(receipt)

    def failed(self, error: DeliveryError) -> Result:
        """The result of a try that did not deliver: tried again, or the end."""
        final = error.outcome in ("permanent", "configuration")
        tried = Tried(self.row.number, final, error.retry_after, error.floor)
        step = next_step(tried, self.row.policy, self._rng)
        words = error.text
        if isinstance(step, Wait) and step.cut:
            words = f"{words} It asked for a longer wait than we allow."
        status = "retrying" if isinstance(step, Wait) else self._end(error)
        return self._result(
            status=status,
            outcome=error.outcome,
            wait=step.seconds if isinstance(step, Wait) else None,
            error_class=error.error_class,
            error=words[:WORDS],
            reason=words[:WORDS] if status == "failed" else "",
            answer=error.answer,
            recipients=error.recipients,
            says=says(self.row, error),
        )

    def _end(self, error: DeliveryError) -> str:
        # With no further attempt the job is as its recipients are: one who has it has it.
        states = error.recipients or self.row.recipients or {}
        accepted = any(state["state"] == "accepted" for state in states.values())
        return "delivered" if accepted else "failed"

    def _delivered(self, receipt: Receipt) -> Result:
        return self._result(
            status="delivered",
            outcome="delivered",
            error=receipt.note[:WORDS],
            answer=receipt.answer,
            recipients=receipt.recipients,
            says=says(self.row),
        )

    def _internal(self, error: Exception) -> Result:
        # Only the class's name: the text of an unforeseen error may hold anything.
        logger.error(
            "job %s: attempt %d met an unforeseen %s", self.row.id, self.row.attempt, type(error).__name__
        )
        cause = DeliveryError("internal", f"Internal error ({type(error).__name__}).", endpoint=False)
        return self.failed(cause)._replace(outcome="internal")

    def _result(self, *, answer: Answer, recipients: Any, **fields: Any) -> Result:
        return Result(
            id=self.row.id,
            token=self.row.token,
            number=self.row.attempt,
            started_at=self.started_at,
            ms=round((time.perf_counter() - self._began) * 1000),
            code=answer.code,
            address=answer.address[:64],
            recipients=None if recipients is None else dict(recipients),
            sealed=self._sealed(answer),
            **fields,
        )

    def _sealed(self, answer: Answer) -> bytes | None:
        if self._message is None or not self.sending:
            return None
        message = self._message
        body = {
            "request": {
                "method": message.method,
                "url": message.url,
                "subject": message.subject,
                "headers": [*message.headers, *message.joining],
                "body": message.body.decode("utf-8", "replace"),
            },
            "response": {
                "headers": {name: self._masked(value) for name, value in answer.headers.items()},
                "text": self._masked(answer.text[:KEPT]),
                "facts": {name: self._masked(value) for name, value in answer.facts.items()},
            },
        }
        return crypto.seal(f"attempt:{self.row.id}:{self.row.attempt}", body)

    def _masked(self, text: str) -> str:
        # An answer may echo our own headers, and who reads bodies need not know the secrets in them.
        for secret in self._hidden:
            text = text.replace(secret, show.MASK)
        return text
