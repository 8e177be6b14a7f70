"""What is random in a demo and kept between starts: passwords, API key, signing secret, ports."""

import base64
import secrets
from dataclasses import asdict, dataclass
from typing import Self

from leadflip.run import ports
from leadflip.run.state import State

RECORD = "demo"
KEY_PREFIX = "lf_demo"
# The sample logins; their passwords are printed in the terminal, and stand on no page.
ADMIN, OPERATOR, PARTNER = "admin@example.com", "operator@example.com", "partner@example.com"
PASSWORD_BYTES = 9


@dataclass(frozen=True)
class Demo:
    """`old_crm_port` differs from `crm_port` where another program took that since the last start."""

    admin: str
    operator: str
    partner: str
    api_key: str
    signing_secret: str
    crm_port: int
    smtp_port: int
    old_crm_port: int

    @classmethod
    def of(cls, state: State) -> Self:
        """The demo of this state folder; what it lacks is made and kept."""
        known = {**_new(), **state.read(RECORD)}
        known["old_crm_port"] = known["crm_port"]
        for name in ("crm_port", "smtp_port"):
            if not ports.is_free(known[name]):
                known[name] = ports.free()
        demo = cls(**known)
        state.write(RECORD, asdict(demo))
        return demo

    @classmethod
    def known(cls, state: State) -> Self | None:
        """The demo that runs or ran, as it was; None before the first one."""
        known = state.read(RECORD)
        return cls(**known) if known else None

    @property
    def crm_url(self) -> str:
        """Where the sample CRM takes leads."""
        return lead_url(self.crm_port)

    @property
    def open_url(self) -> str:
        """Where it takes leads of any partner, without looking at the signature."""
        return f"http://{ports.HOST}:{self.crm_port}/open"


def lead_url(port: int) -> str:
    """The sample CRM's endpoint on a port."""
    return f"http://{ports.HOST}:{port}/leads"


def _new() -> dict[str, str | int]:
    passwords = {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in ("admin", "operator", "partner")}
    return {
        **passwords,
        "api_key": f"{KEY_PREFIX}_{secrets.token_urlsafe(32)}",
        "signing_secret": f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}",
        "crm_port": ports.free(),
        "smtp_port": ports.free(),
    }
