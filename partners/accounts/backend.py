"""Who somebody is and what they may do, for Django."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend


class Backend(AuthenticationBackend):
    """allauth's, where permissions come from roles alone: nobody is given one of their own."""

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """None, without asking."""
        return set()
