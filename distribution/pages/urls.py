"""The addresses under /admin/imports/."""

from django.contrib import admin
from django.urls import path

from distribution.pages import imports

app_name = "imports"
own = admin.site.admin_view
urlpatterns = [
    path("", own(imports.index), name="index"),
    path("new/", own(imports.upload), name="upload"),
    path("template/<int:entity_id>/", own(imports.template), name="template"),
    path("<int:run_id>/", own(imports.watch), name="run"),
    path("<int:run_id>/now/", own(imports.now), name="now"),
    path("<int:run_id>/columns/", own(imports.match), name="match"),
    path("<int:run_id>/read/", own(imports.read), name="read"),
    path("<int:run_id>/preview/", own(imports.show), name="preview"),
    path("<int:run_id>/stop/", own(imports.stop), name="stop"),
    path("<int:run_id>/discard/", own(imports.discard), name="discard"),
    path("<int:run_id>/refused/", own(imports.refused_rows), name="refused"),
]
