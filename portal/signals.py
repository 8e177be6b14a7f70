"""News that goes up from the portal."""

from django.dispatch import Signal

# Sent inside the answer's transaction, with `entry` (answered) and `user`; a receiver that raises
# undoes the answer.
entry_answered = Signal()
