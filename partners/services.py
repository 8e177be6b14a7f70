"""Writes over partners and their configuration."""

from collections.abc import Iterable
from typing import Any

from partners.draft import Draft
from partners.kinds import KINDS
from partners.mended import tell_mended
from partners.models import DeliverySettings, Partner, RetryPolicy
from partners.models.revision import Revision, hold_exclusive


def touch() -> None:
    """Call inside the transaction of every configuration save, before its first write.

    Waits for whoever routes, keeps routing out until the transaction ends, and raises the number
    that caches of the configuration compare.
    """
    hold_exclusive()
    Revision.bump()


def save_settings(
    *,
    partner: Partner,
    kind: str,
    scope: str = "",
    config: dict[str, Any],
    secrets: dict[str, Any],
    policy: RetryPolicy | None,
    everything: bool,
    per_entity: dict[str, Any],
) -> DeliverySettings:
    """The one row of this partner, method and scope, made or changed; a change raises its version.

    `scope` is "" for the partner's own, see DeliverySettings. Call after `touch()`, in its transaction.
    """
    row, made = DeliverySettings.objects.get_or_create(partner=partner, kind=kind, scope=scope)
    way = (row.config, row.secrets())
    old = (*way, row.policy_id, row.everything, row.per_entity)
    if not made and old == (config, secrets, policy.pk if policy else None, everything, per_entity):
        return row
    row.config, row.policy, row.everything, row.per_entity = config, policy, everything, per_entity
    row.host = KINDS[kind].host(config)
    row.put_secrets(secrets)
    row.version += 0 if made else 1
    row.save()
    if not made and way != (config, secrets):
        tell_mended(row.pk)
    return row


def save_draft(*, partner: Partner, draft: Draft, scope: str = "") -> DeliverySettings:
    """`save_settings` with what a form holds."""
    return save_settings(
        partner=partner,
        kind=draft.kind,
        scope=scope,
        config=dict(draft.config),
        secrets=dict(draft.secrets),
        policy=draft.policy,
        everything=draft.everything,
        per_entity=dict(draft.per_entity),
    )


def drop_settings(scopes: Iterable[str]) -> None:
    """Deletes the settings that were made for these scopes alone, once nothing points to them."""
    DeliverySettings.objects.filter(scope__in=[scope for scope in scopes if scope]).delete()
