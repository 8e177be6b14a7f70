"""The admin of entities, profiles, API keys and leads."""

from distribution.admin import assignment, entity, keys, lead, profile

__all__ = ["assignment", "entity", "keys", "lead", "profile"]
