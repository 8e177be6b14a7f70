"""A Django view that does nothing but read JSON and insert it as one row: what intake is measured against.

No middleware, no key, no transaction of its own. `python -m granian bench.anchors.bare_view:application`.
"""

import json
import os
from uuid import uuid4

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadflip.settings")
settings.ROOT_URLCONF = __name__
django.setup()
settings.MIDDLEWARE = []  # not before: an app's check asks for its own

from django.db import models  # noqa: E402  (a model needs settings)
from django.utils import timezone  # noqa: E402  (as above)

TABLE = "bench_bare"


class Bare(models.Model):
    """One row."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    entity = models.CharField(max_length=100)
    values = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "bench"
        db_table = TABLE
        managed = False

    def __str__(self) -> str:
        return str(self.id)


def health(request: HttpRequest) -> HttpResponse:
    """Answers once the process is up."""
    return HttpResponse("ok")


def post(request: HttpRequest) -> HttpResponse:
    """One row for one request."""
    values = json.loads(request.body)
    row = Bare.objects.create(entity=values.pop("entity"), values=values)
    answer = JsonResponse({"status": "success", "lead_id": str(row.id)})
    answer["Content-Length"] = len(answer.content)  # which a middleware does otherwise
    return answer


urlpatterns = [path("healthz", health), path("api/intake", post)]
application = WSGIHandler()
