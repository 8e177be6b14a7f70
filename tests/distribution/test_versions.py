"""A profile edited while other processes route: each lead meets one version, and the new one at once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import transaction

from delivery.models import Job
from distribution.models import Assignment, Decision, Profile
from distribution.services import save_profile
from leadflip.kit import clock
from partners.services import touch
from tests.architecture.project import ROOT
from tests.distribution.capped import in_force
from tests.processes import environment, wait_for

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]

SAVES = 12
# Routes one lead after another until it is stopped.
ROUTER = """
import django

django.setup()
from distribution.models import Entity
from tests.distribution.capped import routed

entity = Entity.objects.get()
while True:
    routed(entity)
"""


@contextmanager
def router() -> Iterator["subprocess.Popen[bytes]"]:
    variables = environment({"DJANGO_SETTINGS_MODULE": "leadflip.settings", "PYTHONPATH": str(ROOT)})
    process = subprocess.Popen([sys.executable, "-c", ROUTER], cwd=ROOT, env=variables)
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def priced(profile: Profile) -> datetime:
    """Saves the next version, in which every price is its number; the moment it was in force."""
    with transaction.atomic():
        touch()
        profile.refresh_from_db()
        Assignment.objects.filter(profile=profile).update(price=profile.version + 1)
        save_profile(profile=profile, by=None)
    return clock.now()


def test_each_lead_meets_one_version_and_the_new_one_at_once() -> None:
    profile = in_force({"price": 1}, {"price": 1}, strategy="send_to_all")[0].profile
    in_force_since = {}
    with router() as one, router() as other:
        wait_for(lambda: Decision.objects.count() > 10, one)
        assert other.poll() is None
        for _ in range(SAVES):
            saved = priced(profile)
            in_force_since[profile.version] = saved
            time.sleep(0.05)
        routed = Decision.objects.count()
        wait_for(lambda: Decision.objects.count() > routed + 10, one)
    decisions = Decision.objects.values_list("lead", "version", "at")
    assert {version for _lead, version, _at in decisions} >= {1, SAVES + 1}
    for lead, version, at in decisions:
        jobs = Job.objects.filter(lead=lead).values_list("profile_version", "price")
        assert list(jobs) == [(version, Decimal(version))] * 2
        assert version >= max([1, *(number for number, since in in_force_since.items() if since < at)])
