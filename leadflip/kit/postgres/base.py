"""Django's PostgreSQL, which asks a connection how it is only where the server said something.

What is prepared (`leadflip.kit.script.Fixed`) is planned once, whatever its parameters: left to itself the
server plans anew what seems cheaper for a list of one, for longer than it then takes.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Saves each request a way there and back. A server that goes, or ends a connection, says farewell."""

    def init_connection_state(self) -> None:
        """As Django does, and then how statements are planned."""
        super().init_connection_state()
        with self.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")

    def is_usable(self) -> bool:
        """Whether the connection can be used, as far as this end of it knows."""
        driver = self.connection
        if driver is None or driver.closed:
            return False
        said, _, _ = select.select([driver.fileno()], [], [], 0)
        return not said or bool(super().is_usable())
