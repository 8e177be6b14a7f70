"""/api/openapi.json and /api/docs: the API's document, and a plain reference above its browser.

Entities are nobody's business without a key: others than the staff see an example of none that there is.
"""

from copy import deepcopy
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from distribution.api import api
from distribution.api.examples import NEUTRAL, by_kind, shown_to
from distribution.api.problems import SHOWN


@require_safe
@never_cache
def document(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, with examples of the entities that whoever asks may know."""
    schema: dict[str, Any] = deepcopy(api.get_openapi_schema())
    kinds = by_kind(shown_to(request) or [NEUTRAL])
    for operations in schema["paths"].values():
        for operation in operations.values():
            for kind, examples in kinds.get(operation["operationId"], {}).items():
                operation["requestBody"]["content"][kind]["examples"] = examples
    return JsonResponse(schema)


@require_safe
@never_cache
def reference(request: HttpRequest) -> HttpResponse:
    """How to post leads, ready to copy, and Swagger with the document."""
    known = shown_to(request)
    context = {
        "base": request.build_absolute_uri("/api/"),
        "known": known,
        "examples": known or [NEUTRAL],
        "problems": SHOWN,
        "swagger": {"layout": "BaseLayout", "deepLinking": True, "url": reverse("openapi")},
    }
    return render(request, "ninja/docs.html", context)
