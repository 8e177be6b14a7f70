"""What tests of imports do: upload a file, start it, and see what became of it."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from distribution.intake.imports import chunks, run
from distribution.models import Entity, Import

HEADER = "Full name,email,size,address.city,iban,remarks\r\n"
ANA = "Ana Maria,ana@example.com,12,Berlin,DE02120300000000202051,none\r\n"
BEN = "Ben,ben@example.com,,Potsdam,,\r\n"


def sent(client: Client, entity: Entity, content: str | bytes, **form: str) -> Any:
    """Uploads a file; the answer, followed."""
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("leads.csv", data, "text/csv")
    return client.post(reverse("imports:upload"), {"entity": entity.pk, "file": file, **form}, follow=True)


def brought(client: Client, entity: Entity, content: str | bytes, **form: str) -> Import:
    assert sent(client, entity, content, **form).status_code == 200
    return Import.objects.latest("pk")


def started(client: Client, entity: Entity, content: str, on_duplicate: str = "skip") -> Import:
    made = brought(client, entity, content)
    form = {"on_duplicate": on_duplicate, "route": "on"}
    answer = client.post(reverse("imports:preview", args=[made.pk]), form)
    assert answer.headers["Location"] == reverse("imports:run", args=[made.pk])
    return made


def told(made: Import) -> tuple[int, int, int, int]:
    now = run.progress(made)
    return now.created, now.updated, now.skipped, now.refused


def cells(made: Import) -> list[list[str]]:
    return [record.cells for record in chunks.first_records(made, 1000)]


def refused_file(client: Client, made: Import) -> str:
    answer = client.get(reverse("imports:refused", args=[made.pk]))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return bytes(answer.getvalue()).decode("utf-8-sig")
