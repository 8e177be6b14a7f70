"""Django's PostgreSQL, which asks a connection how it is only where the server said something."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Saves each request a way there and back. A server that goes, or ends a connection, says farewell."""

    def is_usable(self) -> bool:
        """Whether the connection can be used, as far as this end of it knows."""
        driver = self.connection
        if driver is None or driver.closed:
            return False
        said, _, _ = select.select([driver.fileno()], [], [], 0)
        return not said or bool(super().is_usable())
