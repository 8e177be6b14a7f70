"""Addresses that exist in demo mode only."""

from django.urls import path

from leadflip.run.sample import pages

app_name = "sample"
urlpatterns = [
    path("crm/", pages.crm, name="crm"),
    path("mailbox/", pages.mailbox, name="mailbox"),
]
