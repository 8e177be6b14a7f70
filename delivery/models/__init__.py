"""The delivery log: a row a job, a row an attempt, the engines, and the account that e-mail leaves from."""

from delivery.models.alert import Alert, AlertChoice
from delivery.models.attempt import Attempt, AttemptBody
from delivery.models.bounce import BounceBox, BounceMail
from delivery.models.bulk import BulkAction, BulkSkip
from delivery.models.engine import Engine
from delivery.models.hourly import Counted, Hourly
from delivery.models.job import Job
from delivery.models.lane import Lane
from delivery.models.smtp import SmtpAccount

__all__ = [
    "Alert",
    "AlertChoice",
    "Attempt",
    "AttemptBody",
    "BounceBox",
    "BounceMail",
    "BulkAction",
    "BulkSkip",
    "Counted",
    "Engine",
    "Hourly",
    "Job",
    "Lane",
    "SmtpAccount",
]
