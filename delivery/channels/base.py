"""What a channel is: it renders a parcel to a message and sends it. It knows no job and no retry.

`send` returns a Receipt only for a success that it recognised, and raises a DeliveryError for all
else. Whatever else escapes from a channel is an internal error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar
from uuid import UUID

from partners.sheet import Cell

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Lettering:
    """The entity-bound texts of a settings row: templates of subject, body, payload; "" for the default."""

    subject: str = ""
    body: str = ""
    shape: str = ""

    @classmethod
    def of(cls, per_entity: Mapping[str, Any], entity_id: int) -> Self:
        """A settings row's texts for one entity."""
        texts = per_entity.get(str(entity_id), {})
        return cls(texts.get("subject", ""), texts.get("body", ""), texts.get("shape", ""))


@dataclass(slots=True)
class Parcel(Generic[C]):
    """All that one attempt needs. `cells` are ticked and opened; `secrets` is repr-hidden.

    `hidden`: the texts among the secrets, which no answer is kept with. `timeout` is in seconds, for the
    whole call. `recipients` is the job's state by address, see Job.
    """

    id: UUID
    attempt: int
    lead_id: UUID
    entity: str
    entity_id: int
    partner_id: int
    settings_id: int
    lead_created_at: datetime
    cells: tuple[Cell, ...] = field(repr=False)
    config: C
    secrets: Mapping[str, Any] = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    lettering: Lettering = Lettering()
    recipients: Mapping[str, Any] | None = field(default=None, repr=False)
    price: str | None = None
    currency: str = ""
    display_field: str = ""
    timeout: float = 15
    test: bool = False
    now: datetime = field(kw_only=True)


@dataclass(slots=True)
class Message:
    """What goes out. `headers` are those that may be shown.

    `joining` names the secret and signing ones that are added in `send`: the log shows the names.
    """

    body: bytes = field(repr=False)
    content_type: str = ""
    method: str = ""
    url: str = ""
    subject: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    joining: tuple[str, ...] = ()
    extra: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, for the log: the text may echo the lead, so it is kept sealed.

    `facts`: the partner's "id" and "price", where they were read from it.
    """

    code: int | None = None
    address: str = ""
    text: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A recognised success. `recipients` is the new state by address (e-mail), else None.

    `note` holds our own words for the log, such as "1 of 2 recipients refused".
    """

    answer: Answer = Answer()
    recipients: Mapping[str, Any] | None = None
    note: str = ""


class DeliveryError(Exception):
    """A try that did not deliver. `text` is in our own words: no answer's text, no value, no secret.

    `error_class` is one of ERROR_CLASSES. `endpoint` says that it speaks of the endpoint itself
    rather than of this one lead (what a breaker counts).
    """

    outcome: ClassVar[str] = "temporary"

    def __init__(
        self,
        error_class: str,
        text: str,
        *,
        answer: Answer = Answer(),
        retry_after: float | None = None,
        floor: float = 0,
        recipients: Mapping[str, Any] | None = None,
        endpoint: bool = True,
    ) -> None:
        super().__init__(text)
        self.error_class = error_class
        self.text = text
        self.answer = answer
        self.retry_after = retry_after  # seconds the other side asked for
        self.floor = floor  # least seconds until the next try
        self.recipients = recipients
        self.endpoint = endpoint


class Temporary(DeliveryError):
    """Worth another try."""


class Unknown(Temporary):
    """Sent, or perhaps sent, and no answer came: retried with the same id, offered to nobody else."""

    outcome = "unknown"


class Permanent(DeliveryError):
    """Refused for good."""

    outcome = "permanent"


class Configuration(DeliveryError):
    """Our own settings make it impossible; final."""

    outcome = "configuration"


ERROR_CLASSES = (
    "dns",
    "refused",
    "reset",
    "tls",
    "timeout",
    "protocol",
    "blocked",
    "redirect",
    "http_4xx",
    "http_5xx",
    "smtp_4xx",
    "smtp_5xx",
    "auth",
    "not_configured",
    "erased",
    "settings",
    "template",
    "sealed",
    "bounced",
    "rejected",
    "duplicate",
    "worker_lost",
    "internal",
)


class Channel(Protocol[C]):
    """One delivery method. Instances are shared by all tries of a process."""

    def render(self, parcel: Parcel[C]) -> Message:
        """Pure: the same parcel gives the same message. Raises Configuration."""
        ...

    async def send(self, message: Message, parcel: Parcel[C]) -> Receipt:
        """Sends once. Returns a Receipt or raises a DeliveryError; sets no state.

        When its task is cancelled it raises CancelledError only if nothing was sent and nothing will
        be (or sending again does no harm), else Unknown.
        """
        ...
