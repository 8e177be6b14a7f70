"""Letters that came back: signed return addresses, reading of reports, and what they change.

Two inlets, an IMAP mailbox (`mailbox`) and an HTTP address, hand raw mails to `take`, which keeps each
and lets it act at most once.
"""
