"""Writes over partners and their configuration."""

from partners.models.revision import Revision, hold_exclusive


def touch() -> None:
    """Call inside the transaction of every configuration save, before its first write.

    Waits for whoever routes, keeps routing out until the transaction ends, and raises the number
    that caches of the configuration compare.
    """
    hold_exclusive()
    Revision.bump()
