"""The admin of people, partners and how partners are reached."""

from partners.admin import partner, people, policy, tellers

__all__ = ["partner", "people", "policy", "tellers"]
