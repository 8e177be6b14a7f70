"""Profiles put into force as versions, and API keys shown once."""

from decimal import Decimal

import pytest

from distribution.models import ApiKey, Profile, ProfileVersion
from distribution.rules import RuleErrors
from distribution.services import make_key, save_profile
from leadflip.kit.digest import fingerprint
from partners.models import Revision
from tests import factories as f

pytestmark = pytest.mark.django_db


def test_save_profile_writes_the_next_version(profile: Profile) -> None:
    person = f.UserFactory.create(staff=True)
    before = Revision.current()
    profile.base_price = Decimal(20)
    profile.save()
    version = save_profile(profile=profile, by=person)
    assert (version.number, version.saved_by) == (2, person)
    assert version.document["base_price"] == "20.0000"
    assert ProfileVersion.objects.get(profile=profile, number=1).document["base_price"] == "12.5000"
    profile.refresh_from_db()
    assert profile.version == 2
    assert Revision.current() > before


def test_save_profile_lists_assignments_by_rank(profile: Profile) -> None:
    low, high = (f.AssignmentFactory.create(profile=profile, priority=rank) for rank in (-1, 5))
    first = profile.assignments.get(priority=0)
    document = save_profile(profile=profile, by=None).document
    assert [each["id"] for each in document["assignments"]] == [high.pk, first.pk, low.pk]


@pytest.mark.parametrize(
    "rules", [[[{"field": "gone", "op": "is_empty"}]], [[{"field": "iban", "op": "is_empty"}]], "none"]
)
def test_save_profile_refuses_rules_that_do_not_fit(profile: Profile, rules: object) -> None:
    before = Revision.current()
    profile.rules = rules
    profile.save()
    with pytest.raises(RuleErrors):
        save_profile(profile=profile, by=None)
    assert Revision.current() == before
    assert ProfileVersion.objects.count() == 1


def test_make_key_is_shown_once() -> None:
    entity = f.EntityFactory.create()
    key, plain = make_key(name="Landing page", source="web", entities=[entity])
    head, prefix, secret = plain.split("_")
    assert (head, len(prefix), len(secret)) == ("lf", 8, 43)
    key = ApiKey.objects.get(pk=key.pk)
    assert key.prefix == f"lf_{prefix}"
    assert bytes(key.digest) == fingerprint(plain)
    assert (key.source, list(key.entities.all())) == ("web", [entity])
    assert secret not in str(vars(key))


def test_make_key_never_repeats() -> None:
    assert make_key(name="a")[1] != make_key(name="a")[1]
