"""Addresses below /account/: the staff's sign-in, and what both doors share. allauth knows them by name."""

from django.urls import path, re_path

from partners.accounts import doors, views

urlpatterns = [
    path("login/", views.sign_in(doors.ADMIN), name="account_login"),
    path("password/reset/", views.ask_reset, name="account_reset_password"),
    path("password/reset/done/", views.asked, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.follow_link,
        name="account_reset_password_from_key",
    ),
]
