"""What stands under /api/. Whatever is not there is told so in the API's own form."""

from django.urls import path, re_path

from distribution.api import api
from distribution.api.errors import unknown_address

urlpatterns = [
    path("", unknown_address),
    path("", api.urls),
    re_path("", unknown_address),
]
