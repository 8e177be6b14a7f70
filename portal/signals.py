"""News that goes up from the portal."""

from django.dispatch import Signal

# Sent inside the answer's transaction, with `entry` (answered, or as it was before where the answer was taken
# back) and `user`; a receiver that raises undoes it.
entry_answered = Signal()
