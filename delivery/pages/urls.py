"""The addresses under /admin/delivery/."""

from django.contrib import admin
from django.urls import path

from delivery.pages import job, log

app_name = "delivery"
urlpatterns = [
    path("log/", admin.site.admin_view(log.log), name="log"),
    path("log/after/<uuid:newest>/", admin.site.admin_view(log.news), name="log_news"),
    path("log/<uuid:job_id>/", admin.site.admin_view(job.job), name="job"),
    path("log/<uuid:job_id>/now/", admin.site.admin_view(job.job_now), name="job_now"),
    path("log/<uuid:job_id>/<slug:action>/", admin.site.admin_view(job.act), name="job_act"),
]
