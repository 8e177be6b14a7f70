"""Bulk actions of the sample installation: one that did something, one that skipped all."""

from django.http import QueryDict
from django.urls import reverse

from delivery import bulk
from delivery.models import BulkAction
from delivery.models.bulk import Act, BulkState
from delivery.pages.filters import LogFilter
from leadflip.kit import clock
from leadflip.kit.ids import first_of, uuid7
from leadflip.run.sample.demo import OPERATOR
from partners.models import User


def asked() -> str:
    """The address of what would be resent."""
    return f"{reverse('delivery:bulk_new', args=['resend'])}?last=24h"


def done() -> str:
    """The address of one that is over: the portal's leads once more, which adds nothing there."""
    return reverse("delivery:bulk", args=[_over("channel=portal&status=delivered", again=True)])


def skipped() -> str:
    """The address of the jobs that were skipped, since the partners have them."""
    return reverse("delivery:bulk_skipped", args=[_over("status=delivered", again=False)])


def _over(query: str, *, again: bool) -> object:
    form = LogFilter(QueryDict(query))
    assert form.is_valid()
    made = bulk.start(
        key=uuid7(),
        act=Act.RESEND,
        form=form,
        upto=first_of(clock.now()),
        again=again,
        by=User.objects.get(email=OPERATOR),
    )
    while BulkAction.objects.get(pk=made.pk).state == BulkState.RUNNING:
        bulk.carry_on()
    return made.pk
