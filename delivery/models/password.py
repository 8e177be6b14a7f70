"""A password that is kept sealed, with who changed it and when."""

from typing import ClassVar

from django.db import models

from leadflip.kit import clock, crypto
from partners.models import User


class KeptPassword(models.Model):
    """What rows with one password share. OWNER names the row inside the seal."""

    OWNER: ClassVar[str]

    sealed = models.BinaryField(null=True, blank=True, editable=False)
    sealed_at = models.DateTimeField(null=True, blank=True, editable=False)
    sealed_by = models.ForeignKey(
        "partners.User", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    def password(self) -> str:
        """The opened password, "" if there is none. Raises SealError."""
        return str(crypto.unseal(self.OWNER, self.sealed)) if self.sealed else ""

    def put_password(self, password: str, by: User | None = None) -> None:
        """Seals a new password into the row (not saved yet), and notes who changed it and when."""
        self.sealed = crypto.seal(self.OWNER, password) if password else None
        self.sealed_at, self.sealed_by = clock.now(), by
