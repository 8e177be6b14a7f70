"""What comes in, who gets it, and the record of why."""

from distribution.models.answers import AnswerDay
from distribution.models.callback import Callback
from distribution.models.entity import Entity, Field
from distribution.models.erasure import Erasure
from distribution.models.hosted_form import HostedForm
from distribution.models.hourly import HourlyLeads
from distribution.models.imports import Import, ImportChunk
from distribution.models.lead import Lead, LeadKey, Repeat
from distribution.models.own_cap import OwnCap
from distribution.models.profile import Assignment, Profile, ProfileVersion
from distribution.models.routing import CapUse, Decision, Turn
from distribution.models.source import ApiKey, Idempotency

__all__ = [
    "AnswerDay",
    "ApiKey",
    "Assignment",
    "Callback",
    "CapUse",
    "Decision",
    "Entity",
    "Erasure",
    "Field",
    "HostedForm",
    "HourlyLeads",
    "Idempotency",
    "Import",
    "ImportChunk",
    "Lead",
    "LeadKey",
    "OwnCap",
    "Profile",
    "ProfileVersion",
    "Repeat",
    "Turn",
]
