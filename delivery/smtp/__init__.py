"""Our small SMTP sender: one account, kept connections, state by recipient.

smtplib drops the answers about partly refused recipients, waits for each answer in a thread of its own
and knows no moment by which all has to end.
"""

from delivery.smtp.account import Account, current_account
from delivery.smtp.conversation import Envelope, Recipient
from delivery.smtp.limits import Limits
from delivery.smtp.sender import Sender

__all__ = ["Account", "Envelope", "Limits", "Recipient", "Sender", "current_account"]
