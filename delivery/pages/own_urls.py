"""The addresses under /portal/deliveries/."""

from django.urls import path

from delivery.pages import own, own_address, own_secret

app_name = "own_deliveries"
urlpatterns = [
    path("", own.index, name="index"),
    path("test/", own.test, name="test"),
    path("pause/", own.pause, name="pause"),
    path("resume/", own.resume, name="resume"),
    path("address/", own_address.page, name="address"),
    path("secret/", own_secret.make, name="secret"),
    path("secret/once/", own_secret.once_page, name="secret_once"),
    path("<uuid:job_id>/", own.one, name="one"),
    path("<uuid:job_id>/sent/", own.sent, name="sent"),
    path("<uuid:job_id>/resend/", own.resend, name="resend"),
]
