"""Why a lead was not taken: messages by field, in words that say how to mend it."""

from collections.abc import Mapping

Errors = Mapping[str, list[str]]


class IntakeError(Exception):
    """Nothing was stored. `errors` has the messages by field; values of fields are not in them."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


class RevokedError(IntakeError):
    """The key is not in force any more."""


class ForbiddenError(IntakeError):
    """The key may not post to this entity."""


class TokenTakenError(IntakeError):
    """The Idempotency-Key stands for another body."""
