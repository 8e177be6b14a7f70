"""The audit log: every change of the configuration and every look at a sealed value, with the person.

`told` says what an object is in words, `entries` compares two such tellings and writes what differs.
"""

from partners.audit.entries import acted, changed, looked, note, watching
from partners.audit.told import Hidden, Told, columns, teller, told

__all__ = ["Hidden", "Told", "acted", "changed", "columns", "looked", "note", "teller", "told", "watching"]
