"""How much of caps is used now, for pages: read from the counted places, never by counting jobs."""

from collections.abc import Iterable

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from distribution.models import Assignment, CapUse
from distribution.routing.ledger import Owner, Spans
from distribution.routing.places import owner_of, used
from leadflip.kit import clock
from partners.models import Partner
from partners.used import Use

Used = tuple[int, int, int, int]


class Uses:
    """The UseReader of the apps below."""

    def use(self, partner: Partner) -> Use:
        """Its leads in each period, and the profiles that use its own settings."""
        rows = Partner.objects.select_related("cap_use").annotate(profiles=profiles_with("pk"))
        row = rows.filter(pk=partner.pk).first() if partner.pk else None
        return Use() if row is None else Use(_now(row, partner.zone), row.profiles)


def profiles_with(partner: str) -> Coalesce:
    """An annotation: how many profiles use the own settings of the partner whose id is in that column."""
    own = Assignment.objects.filter(partner=OuterRef(partner), settings=None).order_by().values("partner")
    counted = own.annotate(profiles=Count("profile", distinct=True)).values("profiles")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def of_assignments(assignments: Iterable[Assignment]) -> dict[Owner, Used]:
    """What these and their partners have used, those left out that nobody counted yet. One query.

    Their partners should be loaded with them (select_related).
    """
    rows = list(assignments)
    zones = {Owner("assignment", each.pk): each.partner.zone for each in rows}
    zones |= {Owner("partner", each.partner_id): each.partner.zone for each in rows}
    owned = Q(assignment__in=[each.pk for each in rows]) | Q(partner__in={each.partner_id for each in rows})
    now = clock.now()
    uses = ((owner_of(row), row) for row in CapUse.objects.filter(owned))
    return {owner: used(row, Spans.at(now, zones[owner])) for owner, row in uses}


def of_assignment(assignment: Assignment) -> Used | None:
    """What this one has used; no query where `cap_use` was read with it."""
    return _now(assignment, assignment.partner.zone)


def _now(owner: Assignment | Partner, zone: str) -> Used | None:
    row: CapUse | None = getattr(owner, "cap_use", None)
    return None if row is None else used(row, Spans.at(clock.now(), zone))
