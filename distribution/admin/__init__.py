"""The admin of entities, profiles, API keys and leads."""

from distribution.admin import assignment, entity, hosted_form, keys, lead, profile, tellers

__all__ = ["assignment", "entity", "hosted_form", "keys", "lead", "profile", "tellers"]
