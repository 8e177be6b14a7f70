"""The engines that deliver: one row each, seen every two seconds."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Engine(models.Model):
    """One engine process. It writes `seen_at` by the database's clock and removes its row at its end."""

    # Seconds without a sign of life after which an engine counts as dead.
    UNSEEN = 10
    # Seconds between two clocks that are worth a warning.
    CLOCK_OFF = 5

    id = models.UUIDField(primary_key=True, editable=False)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("seen"))
    # Seconds by which the database's clock is ahead of the engine's; due times follow the database's.
    clock_off = models.FloatField(_("clock off"), default=0)
    in_flight = models.PositiveIntegerField(_("in flight"), default=0)

    class Meta:
        verbose_name = _("engine")
        verbose_name_plural = _("engines")

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"
