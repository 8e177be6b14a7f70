"""Signing in, and what a person does with their own password: django-allauth behind two doors.

`docs/adr/0015-allauth-behind-two-doors.md` says why, and how the doors are kept apart.
"""
