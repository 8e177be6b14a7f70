"""The account-level e-mail settings, where letters come back to, and those that did."""

from delivery.admin import tellers
from delivery.admin.bounce import BounceBoxAdmin, BounceMailAdmin
from delivery.admin.smtp import SmtpAccountAdmin, SmtpForm

__all__ = ["BounceBoxAdmin", "BounceMailAdmin", "SmtpAccountAdmin", "SmtpForm", "tellers"]
