"""What allauth's second factor asks of a project, answered for this one."""

import base64

from allauth.account.utils import user_email
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from leadflip.kit import crypto

# allauth does not say whose secret it is: the owner inside the seal is what it is for.
OWNER = "second-factor"
# What is sealed of `Authenticator.data`. A passkey's row has neither: it holds a public key.
SEALED = ("secret", "seed")


def to_text(sealed: bytes) -> str:
    """As allauth keeps it, in JSON."""
    return base64.b64encode(sealed).decode()


def to_bytes(text: str) -> bytes:
    """What `to_text` was given."""
    return base64.b64decode(text)


class FactorAdapter(DefaultMFAAdapter):
    """Secrets are sealed as everything else is, and errors are in our words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _(
            "This is not the code. An app’s code lasts half a minute, a recovery code works once."
        ),
    }

    def encrypt(self, text: str) -> str:
        """`text` as it stands in the database."""
        return to_text(crypto.seal(OWNER, text))

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` was given. Raises kit.crypto.SealError."""
        return str(crypto.unseal(OWNER, to_bytes(encrypted_text)))

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """What the app calls the login."""
        return str(user_email(user))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """What a passkey belongs to: this site's name, as the browser has it."""
        return {**super().get_public_key_credential_rp_entity(), "name": settings.MFA_TOTP_ISSUER}
