"""Our small sender on smtplib: one account, kept connections, state by recipient.

Django's backend drops the answer about partly refused recipients, has no time-out of its own and
makes a new Message-ID at each build.
"""

from delivery.smtp.account import Account, current_account
from delivery.smtp.conversation import Envelope, Recipient
from delivery.smtp.limits import Limits
from delivery.smtp.sender import Sender

__all__ = ["Account", "Envelope", "Limits", "Recipient", "Sender", "current_account"]
