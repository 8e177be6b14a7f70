"""One number that grows with every saved configuration: whoever caches compares it."""

from django.db import DataError, connection, models
from psycopg.errors import DivisionByZero

from leadflip.kit.script import Script

# The advisory lock of the configuration: shared by whoever routes, exclusive for whoever saves, so
# that a lead meets the old configuration or the new one, never half of each.
CONFIG_LOCK = 0x4C46_0001


class Revision(models.Model):
    """The single row that holds the number of the configuration in force."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    number = models.PositiveBigIntegerField(default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="revision_one_row")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def current(cls) -> int:
        """The number in force."""
        number: int = cls.objects.values_list("number", flat=True).get(id=1)
        return number

    @classmethod
    def bump(cls) -> None:
        """Call inside a save's transaction, after `hold_exclusive()`."""
        cls.objects.filter(id=1).update(number=models.F("number") + 1)


def hold_shared() -> int:
    """Keeps configuration saves out until this transaction ends; the number in force from here on."""
    script = Script()
    script.add(f"SELECT pg_advisory_xact_lock_shared({CONFIG_LOCK})")
    script.add("SELECT number FROM partners_revision WHERE id = 1")
    [(number,)] = script.run()
    return int(number)


def hold_at(script: Script, number: int) -> None:
    """Adds what `hold_shared` does for whoever has read the configuration `number` already.

    Where another one is in force the script raises a DataError that `moved` knows.
    """
    script.add(f"SELECT pg_advisory_xact_lock_shared({CONFIG_LOCK})")
    script.add("SELECT 1 / (number = %s)::int FROM partners_revision WHERE id = 1", [number])


def moved(error: DataError) -> bool:
    """Whether it says that the configuration is another one by now."""
    return isinstance(error.__cause__, DivisionByZero)


def hold_exclusive() -> None:
    """Waits for whoever routes, and keeps routing out until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CONFIG_LOCK])
