"""CSV imports of the sample installation: one whose columns are matched, one that is done."""

import io

from django.urls import reverse

from distribution.catalogue import entity_spec
from distribution.intake.imports import chunks, run
from distribution.models import Entity, Import
from distribution.models.entity import OnDuplicate
from distribution.models.imports import ImportState
from leadflip.run.sample.demo import ADMIN
from partners.models import Revision, User

HEADER = "First name,Last name,Email,Phone,Address: city,Roof,Budget,Shoe size\r\n"
WHOLE = "".join(
    f"Ana,Berger,ana{n}@example.com,+49 30 12345{n:02},Berlin,Flat,12000,38\r\n" for n in range(40)
)
FAULTS = "Ben,Cole,ben@example.com,,Potsdam,Straw,,44\r\nDi,,di@example,,,Flat,much,41\r\n"


def columns() -> str:
    """The address of the page that matches a file's columns."""
    return reverse("imports:match", args=[_brought("spring-fair.csv").pk])


def preview() -> str:
    """The address of what would become of a file."""
    return reverse("imports:preview", args=[_brought("spring-fair.csv").pk])


def done() -> str:
    """The address of an import that is over, with refused rows."""
    made = _brought("autumn-fair.csv")
    run.start(run=made, on_duplicate=OnDuplicate.SKIP, route=False)
    while Import.objects.get(pk=made.pk).state == ImportState.RUNNING:
        run.carry_on()
    return reverse("imports:run", args=[made.pk])


def _brought(name: str) -> Import:
    entity = Entity.objects.get()
    made = Import(entity=entity, by=User.objects.get(email=ADMIN), name=name)
    spec = entity_spec(Revision.current(), entity.pk)
    chunks.take(run=made, entity=spec, file=io.BytesIO((HEADER + WHOLE + FAULTS).encode()))
    return made
