"""A profile's partners on its page: a line each, with what decides whether and when it gets a lead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from distribution import cap_uses, own_caps, usage
from distribution.admin import hours
from distribution.admin.rules import Unchecked
from distribution.models import Assignment, Profile
from distribution.routing.ledger import Owner
from distribution.rules.words import rules_words
from leadflip.kit import show
from leadflip.kit.admin import BlockInline
from leadflip.kit.generics import BaseInlineFormSet, ModelForm
from partners.admin.caps import used_words
from partners.admin.delivery_words import summary
from partners.models import May


@dataclass(frozen=True, slots=True)
class Line:
    """What a saved row says beside its controls. `share`: “25 %” of the turns, "" where it has none."""

    rank: int
    assignment: Assignment
    url: str
    rules: str
    caps: Sequence[str]
    hours: str
    share: str
    delivery: str
    price: str


class RowForm(Unchecked, ModelForm[Assignment]):
    """A partner in the profile; who it is stays once it is saved, since jobs hang on it."""

    line: Line | None = None

    class Meta:
        model = Assignment
        fields = ["partner", "priority", "price", "weight", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields.pop("partner", None)


class RowFormSet(BaseInlineFormSet[Assignment, Profile, ModelForm[Assignment]]):
    """The rows in rank order, each with its line; read at once, however many there are."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.line = self.lines.get(form.instance.pk)

    @cached_property
    def lines(self) -> Mapping[Any, Line]:
        """By assignment's id."""
        rows = list(self.get_queryset())
        if not rows:
            return {}
        fields = usage.live_fields(self.instance.entity)
        used = cap_uses.of_assignments(rows)
        weights = sum(row.weight for row in rows if row.enabled)
        currency = self.instance.entity.currency
        return {
            row.pk: Line(
                rank=rank,
                assignment=row,
                url=reverse("admin:distribution_assignment_change", args=[row.pk]),
                rules=rules_words(row.rules, fields),
                caps=_caps(row, used),
                hours=hours.stands(row),
                share=_share(row, weights),
                delivery=_delivery(row),
                price=show.money(self.instance.base_price if row.price is None else row.price, currency),
            )
            for rank, row in enumerate(rows, start=1)
        }

    @property
    def strategies(self) -> list[tuple[str, str]]:
        """Each strategy with what it does."""
        return [(key, str(words)) for key, words in STRATEGY_WORDS.items()]

    @property
    def strategy_words(self) -> str:
        """What the saved profile does."""
        words = str(STRATEGY_WORDS[self.instance.strategy])
        return f"{words} {FAILOVER_WORDS}" if self.instance.failover else words

    @property
    def failover_words(self) -> str:
        """What failover adds."""
        return str(FAILOVER_WORDS)


STRATEGY_WORDS = {
    "first_match": _("Each lead goes to the first partner from the top that may have it."),
    "send_to_all": _("Each lead goes to every partner that may have it, from the top."),
    "round_robin": _("The partners that may have a lead take turns, in proportion to their weights."),
}
FAILOVER_WORDS = _("Where it cannot be delivered, it is offered to the next best.")


class PartnersInline(BlockInline[Assignment, Profile]):
    """Best-ranked first. Rules, caps and delivery are on each partner's own page."""

    model = Assignment
    form = RowForm
    formset = RowFormSet
    template = "admin/distribution/profile_partners.html"
    fields = ["partner", "priority", "price", "weight", "enabled"]
    autocomplete_fields = ["partner"]
    verbose_name = _("partner")
    verbose_name_plural = _("partners")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return super().get_extra(request, obj, **kwargs) if obj is not None and obj.rows else 1

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        related = ("partner__default_settings", "settings", "own_cap")
        return super().get_queryset(request).select_related(*related)


def _caps(row: Assignment, used: Mapping[Owner, Sequence[int]]) -> list[str]:
    """Its own, then its partner's: both hold."""
    own = used_words(row.caps, used.get(Owner("assignment", row.pk)))
    shared = used_words(row.partner.caps, used.get(Owner("partner", row.partner_id)))
    mine = own_caps.words(row.own_cap.own) if hasattr(row, "own_cap") and May.CAPS in row.partner.may else ""
    own += [gettext("lowered by the partner: %s") % mine] if mine else []
    return [*own, *([gettext("%s in all profiles") % ", ".join(shared)] if shared else [])]


def _share(row: Assignment, weights: int) -> str:
    if not row.enabled:
        return ""
    return gettext("%(share)s %%") % {"share": show.number(round(100 * row.weight / weights))}


def _delivery(row: Assignment) -> str:
    if row.settings is None:
        return summary(row.partner.default_settings)
    return gettext("%(delivery)s, only for this profile") % {"delivery": summary(row.settings)}
