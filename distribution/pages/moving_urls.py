"""The addresses under /admin/move/."""

from django.contrib import admin
from django.urls import path

from distribution.pages import moving

app_name = "move"
own = admin.site.admin_view
urlpatterns = [
    path("", own(moving.many), name="jobs"),
    path("<uuid:job_id>/", own(moving.one), name="job"),
]
