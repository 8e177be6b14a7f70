"""A decision's verdicts as sentences, read from the record and the version that it names."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from distribution.routing.document import ProfileDocument, field_specs
from distribution.rules import RulesDoc
from distribution.rules.words import miss_words
from leadflip.kit import show

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_SENTENCES: dict[str, "StrOrPromise"] = {
    "chosen": gettext_lazy("%(partner)s: chosen"),
    "held": gettext_lazy("%(partner)s: chosen, held until it opens, %(opening)s"),
    "outranked": gettext_lazy("%(partner)s: skipped, a better-ranked partner got the lead"),
    "not_its_turn": gettext_lazy("%(partner)s: skipped, it was not its turn (weight %(weight)s)"),
    "offered": gettext_lazy("%(partner)s: skipped, it had this lead before"),
    "cap": gettext_lazy("%(partner)s: skipped, its cap is full, %(used)s of %(cap)s %(period)s"),
    "assignment_cap": gettext_lazy(
        "%(partner)s: skipped, its cap in this profile is full, %(used)s of %(cap)s %(period)s"
    ),
    "pacing": gettext_lazy(
        "%(partner)s: skipped, its cap is spread evenly, %(used)s of %(cap)s by now %(period)s"
    ),
    "closed": gettext_lazy("%(partner)s: skipped, closed until %(opening)s"),
    "shut": gettext_lazy("%(partner)s: skipped, its open hours never come"),
    "disabled": gettext_lazy("%(partner)s: skipped, its assignment is not enabled"),
    "inactive": gettext_lazy("%(partner)s: skipped, the partner is inactive"),
    "no_settings": gettext_lazy("%(partner)s: skipped, no delivery method is set for it"),
    "rules": gettext_lazy("%(partner)s: skipped, %(miss)s"),
    "profile_rules": gettext_lazy("%(partner)s: skipped by the profile's rules, %(miss)s"),
}


# Without and with an instant.
_TIMED = {"closed": ("shut", "closed"), "chosen": ("chosen", "held")}
_PERIODS: dict[str, "StrOrPromise"] = {
    "day": gettext_lazy("today"),
    "week": gettext_lazy("this week"),
    "month": gettext_lazy("this month"),
    "life": gettext_lazy("in all"),
}


def verdict_sentences(
    verdicts: Sequence[Sequence[Any]],
    document: ProfileDocument,
    facts: Mapping[str, Any],
    partners: Mapping[int, str],
) -> Iterator[str]:
    """One sentence a verdict, in order: "Acme: skipped, Postcode “10115” does not start with “8”".

    `verdicts` and `facts` are a decision's, `document` its profile version's, `partners` the names by id.
    """
    for assignment, verdict in zip(document["assignments"], verdicts, strict=False):
        code: str = verdict[0]
        detail: Any = verdict[1] if len(verdict) > 1 else None
        named = {"partner": partners.get(assignment["partner_id"], _("A partner"))}
        if code in ("rules", "profile_rules"):
            rules = assignment["rules"] if code == "rules" else document["rules"]
            named["miss"] = _miss(rules, detail, document, facts)
        if code == "not_its_turn":
            named["weight"] = detail[1]
        if code in ("closed", "chosen"):
            code = _TIMED[code][detail is not None]
            named["opening"] = "" if detail is None else show.full_time(datetime.fromisoformat(detail))
        if code in ("cap", "pacing"):
            whose, period, used, cap = detail
            code = "assignment_cap" if (whose, code) == ("assignment", "cap") else code
            named |= {"period": str(_PERIODS[period]), "used": used, "cap": cap}
        yield str(_SENTENCES[code]) % named


def _miss(rules: RulesDoc, place: Sequence[int], document: ProfileDocument, facts: Mapping[str, Any]) -> str:
    alternative, position = place
    condition = rules[alternative][position]
    words = miss_words(condition, facts.get(condition["field"]), field_specs(document))
    if len(rules) == 1:
        return words
    named = {"miss": words, "count": len(rules)}
    return _("%(miss)s (the nearest of %(count)d alternatives)") % named
