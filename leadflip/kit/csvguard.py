"""CSV that spreadsheets open without running it (OWASP CSV Injection; ASVS 5.0, 1.2.10)."""

import re

# What a spreadsheet takes for the beginning of a formula, or drops in front of one; the last four
# are the full-width forms.
STARTS = frozenset("=+-@\t\r\n\0＝＋－＠")
# Not "+49…": that is a phone number, which a spreadsheet would turn into 4.9E+11.
PLAIN_NUMBER = re.compile(r"-\d+(\.\d+)?\Z", re.ASCII)


def guard(value: str) -> str:
    """`value` with a leading `'` where a spreadsheet would run it; plain numbers stay as they are."""
    if value[:1] in STARTS and not PLAIN_NUMBER.match(value):
        return f"'{value}"
    return value


def unguard(value: str) -> str:
    """`value` without the `'` that `guard`, or a person, put before a formula sign."""
    return value[1:] if value[:1] == "'" and value[1:2] in STARTS else value


def cell(value: str) -> str:
    """One quoted cell, `"` doubled (RFC 4180)."""
    return '"' + value.replace('"', '""') + '"'
