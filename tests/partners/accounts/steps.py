"""What people do at the doors."""

import re
from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse

from partners.models import User
from tests.people import PASSWORD

ADMIN, PORTAL = "account_login", "portal:login"
NEW = "a longer new passphrase"
ASK = "account_reset_password"


def sign_in(client: Client, door: str, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(reverse(door), {"login": email, "password": password, **more})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def way(answer: Any) -> str:
    """Where an answer leads."""
    found: str = answer.headers["Location"]
    return found


def link_in(letter: mail.EmailMessage) -> str:
    """The path of the link in a letter."""
    found = re.search(
        r"https?://[^/\s]+(/\S+)", letter.body.split("open this link")[-1].split("by this link")[-1]
    )
    assert found
    return found[1]


def follow(client: Client, link: str, password: str = NEW, again: str | None = None) -> Any:
    """Opens a link, and sets the password on the page that it leads to."""
    form = way(client.get(link))
    return client.post(form, {"password1": password, "password2": password if again is None else again})


def person(email: str) -> User:
    return User.objects.get(email=email)
