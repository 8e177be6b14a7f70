"""How much of caps is used now, for pages: read from the counted places, never by counting jobs."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from distribution.models import Assignment, CapUse
from distribution.routing.ledger import Owner, Spans
from distribution.routing.places import owner_of, used
from leadflip.kit import clock
from partners.models import Partner

Used = tuple[int, int, int, int]


class Uses:
    """The UseReader of the apps below."""

    def used(self, partner: Partner) -> Sequence[int] | None:
        """The partner's leads in each period; None where nobody counted yet."""
        row = CapUse.objects.filter(partner=partner.pk).first() if partner.pk else None
        return None if row is None else used(row, Spans.at(clock.now(), partner.zone))


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
    """What this one has used."""
    return of_assignments([assignment]).get(Owner("assignment", assignment.pk))
