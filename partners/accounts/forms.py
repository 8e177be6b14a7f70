"""The forms of both doors: allauth's, in our words and with what password managers look for."""

from typing import Any

from allauth.account import forms as stock
from allauth.account.adapter import get_adapter
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from partners.accounts import doors, links
from partners.models import User


def _password(label: Any, autocomplete: str, missing: Any, hint: Any = "") -> forms.CharField:
    """`<show-password>` around it, in `base/_field.html`, adds the button that shows it."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "autocapitalize": "none"})
    return forms.CharField(
        label=label, strip=False, widget=widget, help_text=hint, error_messages={"required": missing}
    )


def _new() -> forms.CharField:
    return _password(
        _("New password"),
        "new-password",
        _("Write a new password."),
        _("12 characters or more; not digits alone, not a common one, and not like your name or address."),
    )


def _repeated() -> forms.CharField:
    return _password(_("New password, once more"), "new-password", _("Write the new password once more."))


def current_password(label: Any) -> forms.CharField:
    """The password in use."""
    return _password(label, "current-password", _("Write your password."))


def _email() -> forms.EmailField:
    attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
    return forms.EmailField(
        label=_("E-mail"),
        widget=forms.EmailInput(attrs=attrs),
        error_messages={
            "required": _("Write your e-mail address."),
            "invalid": _("Write the whole address, such as ana@example.com."),
        },
    )


class SignInForm(stock.LoginForm):
    """E-mail and password of somebody whom the door lets in."""

    def __init__(self, *args: Any, door: doors.Door, **kwargs: Any) -> None:
        self.door = door
        super().__init__(*args, **kwargs)
        self.fields = {"login": _email(), "password": current_password(_("Password"))}

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] | None = super().clean()
        if self.user is not None:
            self._judge(self.user)
        return cleaned

    def _judge(self, person: User) -> None:
        if not person.is_active:
            # Whoever has the right password of a closed login reads what everybody reads.
            raise get_adapter().validation_error("email_password_mismatch")
        refusal = doors.refusal(person, self.door)
        if refusal:
            raise ValidationError(refusal)

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Goes on with the sign-in, which remembers its door."""
        self._login.signal_kwargs = {"door": self.door.key}
        response: HttpResponse = super().login(request, redirect_url)
        return response


class AskForm(forms.Form):
    """Whose password is to be set anew. Says nothing about whether there is such a login."""

    email = _email()

    def save(self, request: HttpRequest) -> None:
        """Has the letter written and sent beside this request, which so takes the same time for all."""
        links.send_later(self.cleaned_data["email"])


class _NewPassword(forms.Form):
    """A new password, twice."""

    user: User | None

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        checked: str = get_adapter().clean_password(password, user=self.user)
        return checked

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ. Type the same one twice."))
        return cleaned

    def save(self) -> None:
        """Sets it; every other session of the person ends by that."""
        assert self.user is not None
        get_adapter().set_password(self.user, self.cleaned_data["password1"])


class LinkForm(_NewPassword):
    """The form behind the link of a letter."""

    password1 = _new()
    password2 = _repeated()

    def __init__(self, *args: Any, user: User | None = None, temp_key: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class JoinForm(LinkForm):
    """A new login: what the person is called, and a password."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write your name: colleagues see who answered a lead.")},
    )
    field_order = ["name", "password1", "password2"]


class KnownForm(forms.Form):
    """The password of somebody who has a login; wrong ones are counted as at the doors."""

    password = current_password(_("Password"))

    def __init__(self, *args: Any, user: User, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.request = user, request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if get_adapter().authenticate(self.request, email=self.user.email, password=password) is None:
            raise get_adapter().validation_error("incorrect_password")
        return password


class ChangeForm(_NewPassword):
    """The form of somebody who is signed in: the old password, too."""

    oldpassword = current_password(_("Current password"))
    password1 = _new()
    password2 = _repeated()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_oldpassword(self) -> str:
        assert self.user is not None
        password: str = self.cleaned_data["oldpassword"]
        if not self.user.check_password(password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class TokenForm(stock.UserTokenForm):
    """Whose link it is: of nobody whose login is closed."""

    def _get_user(self, uidb36: str | None) -> User | None:
        person: User | None = super()._get_user(uidb36)
        return person if person is not None and person.is_active else None
