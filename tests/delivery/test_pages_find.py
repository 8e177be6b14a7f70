"""Finding jobs in the log by what somebody was told: ids as they are pasted, and a person's contact."""

from typing import Any

import pytest
from django.test import Client

from distribution.catalogue import entity_spec
from distribution.intake import edit
from distribution.models import Entity, Lead
from partners.models import Revision
from tests.delivery.test_pages_log import LOG, entity, ids, lead, operator, page, shown
from tests.factories import JobFactory, LeadFactory, make_fields

pytestmark = pytest.mark.django_db
__all__ = ["entity", "lead", "operator"]


def found(client: Client, text: str, query: str = "") -> Any:
    return client.post(f"{LOG}find/{query}", {"text": text}, follow=True)


@pytest.mark.parametrize(
    "pasted",
    [
        "{id}",
        "  {upper}  ",
        "webhook-id: {id}",
        "<{id}@mail.example.com>",
        "https://leads.example.com/admin/delivery/log/{id}/",
    ],
)
def test_log_finds_ids_as_they_are_pasted(operator: Client, lead: Lead, pasted: str) -> None:
    wanted = JobFactory.create(lead=lead)
    JobFactory.create()
    for row, jobs in ((wanted, ids(wanted)), (wanted.lead, ids(wanted))):
        text = pasted.format(id=row.pk, upper=str(row.pk).upper())
        assert shown(found(operator, text).content.decode()) == jobs


def test_log_finds_a_contact_and_keeps_it_out_of_every_address(operator: Client, entity: Entity) -> None:
    make_fields(entity, email="email", mobile={"type": "phone", "encrypted": True})
    Revision.bump()
    lead, other = LeadFactory.create(entity=entity), LeadFactory.create(entity=entity)
    edit.renew_keys(
        [(lead, {"mobile": "+493012345678"}), (other, {"mobile": "+493012345679"})],
        entity_spec(Revision.current(), entity.pk),
    )
    wanted, ended = JobFactory.create(lead=lead), JobFactory.create(lead=lead, failed=True)
    JobFactory.create(lead=other)
    response = found(operator, "+49 30 12345678", "?status=queued&older=1")
    assert [way for way, _status in response.redirect_chain] == [f"{LOG}?status=queued&lead={lead.pk}"]
    html = response.content.decode()
    assert shown(html) == ids(wanted)
    assert shown(page(operator, lead=lead.pk)) == ids(wanted, ended)
    assert f'<input type="hidden" name="lead" value="{lead.pk}"' in html
    assert "12345678" not in html
    assert f"/admin/distribution/lead/{lead.pk}/change/" in html


@pytest.mark.parametrize("text", ["nobody@example.com", "+49 30 99999999", "Ada", "12"])
def test_log_says_that_nobody_has_a_contact(operator: Client, lead: Lead, text: str) -> None:
    JobFactory.create(lead=lead)
    response = found(operator, text, "?status=queued")
    html = response.content.decode()
    assert response.redirect_chain == [(f"{LOG}?status=queued", 302)]
    assert "No lead has exactly this e-mail address or phone number" in html


def test_log_of_a_bad_list_of_leads_is_named(operator: Client) -> None:
    assert "look for the contact again" in page(operator, lead="me")
