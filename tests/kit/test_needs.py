"""A view that needs a permission names it where it is missing."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from leadflip.kit.needs import NotAllowed, needs
from tests.factories import UserFactory


@needs("delivery.act_job")
def act(request: HttpRequest, word: str) -> HttpResponse:
    return HttpResponse(word)


def test_who_has_it_enters(db: None) -> None:
    request = RequestFactory().get("/")
    request.user = UserFactory.create(admin=True)
    assert act(request, word="done").content == b"done"


def test_who_lacks_it_reads_which(db: None) -> None:
    request = RequestFactory().get("/")
    for person in (AnonymousUser(), UserFactory.create(is_staff=True)):
        request.user = person
        with pytest.raises(NotAllowed) as refused:
            act(request, word="done")
        assert refused.value.permission == "delivery.act_job"
