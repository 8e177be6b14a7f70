"""What stands under /api/. Whatever is not there is told so in the API's own form."""

from django.urls import path, re_path

from distribution.api import api, pages
from distribution.api.errors import unknown_address

urlpatterns = [
    path("", unknown_address),
    path("openapi.json", pages.document, name="openapi"),
    path("docs", pages.reference, name="api_docs"),
    path("", api.urls),
    re_path("", unknown_address),
]
