"""The addresses under /admin/delivery/."""

from django.contrib import admin
from django.urls import path

from delivery.pages import job, log

app_name = "delivery"
urlpatterns = [
    path("log/", admin.site.admin_view(log.log), name="log"),
    path("log/<uuid:job_id>/", admin.site.admin_view(job.job), name="job"),
]
