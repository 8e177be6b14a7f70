"""What a check says no with: words that may be shown, without any value that should stay secret."""


class OutgoingError(ValueError):
    """A URL or a header that webhooks do not use. The text says what is wrong and how to mend it."""


class AddressDeniedError(OutgoingError):
    """The URL names an address that is closed to webhooks."""
