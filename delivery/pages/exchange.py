"""What was sent and answered at one attempt, opened for who may see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from delivery.models import Attempt, AttemptBody, Job
from delivery.pages import curl, words
from leadflip.kit import clock, crypto
from partners.models.settings import Kind

# Of a response so much is read; one of that size may have been longer.
KEPT_BYTES = 4096
# What answer rules read from a response.
FACTS = {"id": gettext_lazy("The partner's id for the lead"), "price": gettext_lazy("The partner's price")}


@dataclass(frozen=True, slots=True)
class Exchange:
    """Both sides of an attempt; in `missing` why they are not shown; `shut`: they can be opened."""

    request: Mapping[str, Any] = field(default_factory=dict, repr=False)
    response: Mapping[str, Any] = field(default_factory=dict, repr=False)
    curl: str = field(default="", repr=False)
    missing: str = ""
    shut: bool = False

    @property
    def cut(self) -> bool:
        """Whether the response was longer than what is kept of one."""
        return len(self.response.get("text", "").encode()) >= KEPT_BYTES


def of(
    user: AbstractBaseUser | AnonymousUser, job: Job, attempt: Attempt | None, *, opened: bool = False
) -> Exchange | None:
    """The exchange of that attempt as `user` may see it; None where there is no attempt.

    Shut unless `opened`; whoever opens it notes that in the audit log.
    """
    if attempt is None:
        return None
    if job.kind == Kind.PORTAL:
        return Exchange(missing=_("Nothing is sent: the lead appears in the partner’s feed."))
    if not isinstance(user, PermissionsMixin) or not user.has_perm("delivery.view_attemptbody"):
        return Exchange(missing=_("What was sent and answered is not shown to your role."))
    return kept(job, attempt, opened=opened)


def kept(job: Job, attempt: Attempt, *, opened: bool) -> Exchange:
    """The exchange of an attempt that sent something, for whoever may see it."""
    bodies = AttemptBody.objects.filter(attempt=attempt)
    body = bodies.first() if opened else bodies.defer("sealed").first()
    if body is None:
        return Exchange(missing=_missing(job, attempt))
    return _opened(job, attempt, body) if opened else Exchange(shut=True)


def _missing(job: Job, attempt: Attempt) -> str:
    if job.erased:
        return _("The lead was erased, and with it what was sent and answered.")
    days = settings.BODY_DAYS
    if days and attempt.started_at < clock.now() - timedelta(days=days):
        return _("What is sent and answered is kept for %(days)d days.") % {"days": days}
    return _("Nothing was sent at this attempt.")


def _opened(job: Job, attempt: Attempt, body: AttemptBody) -> Exchange:
    try:
        kept = crypto.unseal(f"attempt:{job.id}:{attempt.number}", body.sealed)
    except crypto.SealError:
        return Exchange(missing=_("None of the keys in ENCRYPTION_KEYS opens what was kept of this attempt."))
    request = _shown(kept.get("request"))
    return Exchange(request, _shown(kept.get("response")), curl.command(request))


def _shown(side: Mapping[str, Any] | None) -> dict[str, Any]:
    """One side with every text made harmless; headers as lines."""
    side = side or {}
    headers, facts = side.get("headers") or (), side.get("facts") or {}
    if isinstance(headers, Mapping):
        headers = [f"{name}: {value}" for name, value in headers.items()]
    texts = {name: words.plain(text) for name, text in side.items() if isinstance(text, str)}
    told = [(label, words.plain(str(facts[name]))) for name, label in FACTS.items() if name in facts]
    return {**texts, "facts": told, "headers": [words.plain(str(header)) for header in headers]}
