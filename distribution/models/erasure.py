"""The record of an erasure: what went, when, by whom, and who holds copies; without the person's data."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FoundBy(models.TextChoices):
    """What the person's leads were found by."""

    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone number")
    LEAD = "lead", _("Lead id")


class Erasure(models.Model):
    """One person's leads. `left` are those still to be erased: it runs until there are none.

    `counts`: {what: how many}, see distribution.erasing.words. `copies`: [{"lead", "partner", "partner_id",
    "kind", "at", "certain"}], who got which lead when; not `certain` where an attempt had no answer.
    """

    id = models.BigAutoField(primary_key=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    found_by = models.CharField(_("found by"), max_length=5, choices=FoundBy)
    leads = models.JSONField(default=list)
    left = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    copies = models.JSONField(default=list)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [
            # What is to be carried on.
            models.Index(fields=["id"], condition=models.Q(finished_at=None), name="erasure_open")
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"

    @property
    def running(self) -> bool:
        """Whether something is left to do."""
        return self.finished_at is None

    @property
    def lead_ids(self) -> list[UUID]:
        """All of its leads."""
        return [UUID(text) for text in self.leads]

    @property
    def left_ids(self) -> list[UUID]:
        """Those not erased yet."""
        return [UUID(text) for text in self.left]

    def add(self, counts: dict[str, int]) -> None:
        """Counts what went (not saved yet)."""
        for what, count in counts.items():
            self.counts[what] = self.counts.get(what, 0) + count

    def owe(self, copies: list[dict[str, Any]]) -> None:
        """Notes who holds copies (not saved yet)."""
        self.copies = [*self.copies, *copies]
