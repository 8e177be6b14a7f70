"""The addresses under /admin/erase/."""

from django.contrib import admin
from django.urls import path

from distribution.pages import erasing

app_name = "erasing"
own = admin.site.admin_view
urlpatterns = [
    path("", own(erasing.look), name="find"),
    path("start/", own(erasing.start), name="start"),
    path("export/", own(erasing.export), name="export"),
    path("<int:erasure_id>/", own(erasing.report), name="report"),
    path("<int:erasure_id>/now/", own(erasing.now), name="now"),
    path("<int:erasure_id>/file/", own(erasing.file), name="file"),
]
