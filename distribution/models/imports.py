"""A CSV file on its way in: the import, and its rows in sealed chunks. Nothing of it is on disk."""

from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from distribution.models.entity import OnDuplicate
from leadflip.kit import crypto

# While a file is read another way, its old chunks stand this far up: no file has as many.
ASIDE = 1_000_000
# Its number in the file, its cells, and what is wrong by field ("" for the row as a whole).
RefusedRow = tuple[int, list[str], dict[str, list[str]]]


class ImportState(models.TextChoices):
    """Where an import stands. Until it is started, it may be mapped and mapped again."""

    MAPPING = "mapping", _("Columns are matched")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")


class Import(models.Model):
    """One file. `mapping` has, column by column, what it means: a field's key, an address part, or ""."""

    id = models.BigAutoField(primary_key=True)
    entity = models.ForeignKey(
        "distribution.Entity", models.PROTECT, related_name="imports", verbose_name=_("entity")
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(_("file"), max_length=255)
    # How the file was read: {"encoding": …, "delimiter": …, "header": bool}.
    reading = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    on_duplicate = models.CharField(_("duplicates"), max_length=6, choices=OnDuplicate)
    route = models.BooleanField(_("route the leads"), default=True)
    state = models.CharField(_("state"), max_length=8, choices=ImportState, default=ImportState.MAPPING)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["done", "stopped"], ended_at__isnull=False)
                | models.Q(state__in=["mapping", "running"], ended_at=None),
                name="import_ended_when_over",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ImportChunk(models.Model):
    """Up to 500 rows of a file. What became of them is written with the leads, in one transaction."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Import, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    # The rows' cells, and later the refused ones with their reasons. Emptied when the import is old.
    sealed = models.BinaryField(null=True)
    sealed_refused = models.BinaryField(null=True)
    rows = models.PositiveSmallIntegerField()
    done_at = models.DateTimeField(null=True)
    created = models.PositiveSmallIntegerField(default=0)
    updated = models.PositiveSmallIntegerField(default=0)
    skipped = models.PositiveSmallIntegerField(default=0)
    refused = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="importchunk_once")]
        indexes = [
            # The next one to do.
            models.Index(fields=["run", "number"], condition=models.Q(done_at=None), name="importchunk_open")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} · {self.number}"

    @property
    def owner(self) -> str:
        """What its seals name."""
        return f"importchunk:{self.run_id}:{self.number % ASIDE}"

    def put_text(self, first: int, text: str) -> None:
        """Seals the rows as they stand in the file; `first` is the number of the first one."""
        self.sealed = crypto.seal(self.owner, [first, text])

    @property
    def text(self) -> tuple[int, str]:
        """What `put_text` was given. Raises SealError."""
        assert self.sealed is not None
        first, text = crypto.unseal(self.owner, self.sealed)
        return first, text

    def put_refused(self, rows: Sequence[RefusedRow]) -> None:
        """Seals the rows that were not taken, if there are any."""
        self.sealed_refused = crypto.seal(self.owner, rows) if rows else None

    @property
    def refused_rows(self) -> list[RefusedRow]:
        """What `put_refused` was given. Raises SealError."""
        rows = crypto.unseal(self.owner, self.sealed_refused) if self.sealed_refused else []
        return [(row, cells, errors) for row, cells, errors in rows]
