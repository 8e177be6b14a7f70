"""Hashing that takes no time: tests sign in by the hundred."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Django's own, once around."""

    algorithm = "quick"
    iterations = 1
