"""The way from an empty installation to the first delivered lead: five steps, told from what is stored."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from delivery.models import Hourly, SmtpAccount
from delivery.trial import SCOPE
from distribution.models import ApiKey, Entity, Profile
from distribution.pages.figures import Counts, May
from partners import roles
from partners.models import Partner

DELIVERED = "set_up_delivered"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to set up. `link`: the page that does it, "" for whom may not; `who` may."""

    title: str
    why: str
    done: bool
    link: str
    who: str


def looks() -> dict[str, QuerySet[Any]]:
    """What is stored of each step, and of deliveries, as rows to be counted."""
    delivered = Hourly.objects.filter(delivered__gt=0).exclude(settings__scope__startswith=SCOPE)
    return {DELIVERED: delivered, **{_name(model): model.objects.all() for model in MODELS}}


def steps(may: May, counts: Counts) -> list[Step]:
    """All five in order; none once all are done or a lead was delivered, or where it could not be told."""
    found = {name: counts[name] for name in looks()}
    if found.pop(DELIVERED) or None in found.values():
        return []
    if settings.SMTP_URL:
        found[_name(SmtpAccount)] = 1
    made = [
        _step(may, model, words, bool(number))
        for model, words, number in zip(MODELS, _words(), found.values(), strict=True)
    ]
    return [] if all(step.done for step in made) else made


def _name(model: Any) -> str:
    return f"set_up_{model._meta.model_name}"


def _step(may: May, model: Any, words: tuple[str, str], done: bool) -> Step:
    app, name = model._meta.app_label, model._meta.model_name
    permission = f"{app}.add_{name}"
    where = "changelist" if model is SmtpAccount else "add"
    link = reverse(f"admin:{app}_{name}_{where}") if may(permission) else ""
    return Step(*words, done, link, get_text_list(roles.who_may(permission), _("or")))


MODELS: tuple[Any, ...] = (Entity, Partner, Profile, SmtpAccount, ApiKey)


def _words() -> list[tuple[str, str]]:
    """(title, one sentence) of each of MODELS."""
    return [
        (_("Entity"), _("A kind of lead, with the fields that a lead of it has.")),
        (_("Partner"), _("Who receives leads, and how: by e-mail, webhook or portal.")),
        (_("Profile"), _("Which partners get the leads of an entity, by rules and a strategy.")),
        (_("SMTP account"), _("The mail server that e-mail leaves from; only needed for e-mail.")),
        (_("API key"), _("What a source sends with its leads, so that they are let in.")),
    ]
