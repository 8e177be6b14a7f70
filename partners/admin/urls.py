"""Own pages of the admin that belong to no model."""

from django.contrib import admin
from django.urls import path

from partners.admin import history

app_name = "audit"
urlpatterns = [path("", admin.site.admin_view(history.log), name="log")]
