"""Addresses below /account/: the staff's sign-in, and what both doors share. allauth knows them by name."""

from django.urls import path, re_path

from partners.accounts import doors, views
from partners.accounts.factor import passkeys
from partners.accounts.factor import views as factor

urlpatterns = [
    path("login/", views.sign_in(doors.ADMIN), name="account_login"),
    path("code/", factor.code, name="mfa_authenticate"),
    path("second-factor/", factor.index, name="mfa_index"),
    path("second-factor/set-up/", factor.set_up, name="mfa_activate_totp"),
    path("second-factor/codes/", factor.codes, name="mfa_generate_recovery_codes"),
    path("second-factor/remove/", factor.remove, name="mfa_deactivate_totp"),
    path("second-factor/passkeys/add/", passkeys.add, name="mfa_add_webauthn"),
    path("second-factor/passkeys/<int:passkey>/", passkeys.rename, name="mfa_edit_webauthn"),
    path("second-factor/passkeys/<int:passkey>/remove/", passkeys.remove, name="mfa_remove_webauthn"),
    path("password/reset/", views.ask_reset, name="account_reset_password"),
    path("password/reset/done/", views.asked, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.follow_link,
        name="account_reset_password_from_key",
    ),
]
