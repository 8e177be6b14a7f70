"""API keys: `lf_`, eight characters that name the key, `_`, and the secret."""

import secrets
import string

BASE62 = string.ascii_letters + string.digits
NAMED_BY = 8
SECRET = 43  # 256 bits


def new_key() -> tuple[str, str]:
    """A new key and its prefix, the part of it that may be shown."""
    prefix = f"lf_{_random(NAMED_BY)}"
    return f"{prefix}_{_random(SECRET)}", prefix


def _random(length: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(length))
