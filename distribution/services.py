"""Writes over several tables of distribution."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F

from distribution.fields import FieldSpec
from distribution.keys import new_key
from distribution.models import ApiKey, Entity, Profile, ProfileVersion
from distribution.routing.document import ProfileDocument, profile_document
from leadflip.kit import clock
from leadflip.kit.digest import fingerprint
from partners.models import DeliverySettings, User
from partners.services import touch


@transaction.atomic
def save_profile(*, profile: Profile, by: User | None) -> ProfileVersion:
    """Puts the profile and its assignments, as they stand in the database, into force as a version.

    Call it in the transaction that wrote them, which began with `partners.services.touch()`.
    Raises RuleErrors if rules do not fit the entity's fields; then nothing is in force.
    """
    touch()
    row = Profile.objects.select_for_update(no_key=True).get(pk=profile.pk)
    row.version += 1
    version = ProfileVersion.objects.create(
        profile=row,
        number=row.version,
        document=_document(row),
        saved_by=by,
        saved_at=clock.now(),
    )
    row.save(update_fields=["version"])
    profile.version = row.version
    return version


@transaction.atomic
def renew_profiles(*, entity: Entity, by: User | None) -> list[ProfileVersion]:
    """New versions of the entity's profiles in force that its saved fields or currency changed.

    Call it in the transaction that wrote them. Raises RuleErrors if rules do not fit any more.
    """
    versions = ProfileVersion.objects.filter(profile__entity=entity, number=F("profile__version"))
    stale = [each.profile for each in versions.select_related("profile__entity") if not _is_current(each)]
    return [save_profile(profile=profile, by=by) for profile in stale]


def _is_current(version: ProfileVersion) -> bool:
    profile = version.profile
    return bool(version.document == _document(profile))


def _document(profile: Profile) -> ProfileDocument:
    assignments = profile.assignments.select_related("partner")
    names = {each.partner_id: each.partner.name for each in assignments}
    return profile_document(profile, assignments, _fields(profile), names)


@transaction.atomic
def make_key(
    *,
    name: str,
    source: str = "",
    entities: Iterable[Entity] = (),
    duplicates: str = "",
    rate: int | None = None,
    audit: bool = False,
) -> tuple[ApiKey, str]:
    """A new API key and the plain text of it, which is shown once and stored nowhere.

    No entities: it may post to all. `duplicates`: an OnDuplicate, or "" for as the entity says. `rate`:
    requests a minute, None without limit. `audit`: it may read decisions, partners and prices.
    """
    plain, prefix = new_key()
    key = ApiKey.objects.create(
        name=name,
        source=source,
        prefix=prefix,
        digest=fingerprint(plain),
        duplicates=duplicates,
        rate=rate,
        audit=audit,
    )
    key.entities.set(entities)
    return key, plain


@transaction.atomic
def untick_gone(*, entity: Entity) -> None:
    """Takes the ticks of keys that the entity has no more: a later field of that key is ticked for nobody.

    Call it after `touch()`, in its transaction.
    """
    keys, id = set(entity.fields.values_list("key", flat=True)), str(entity.pk)
    for row in DeliverySettings.objects.filter(per_entity__has_key=id).select_for_update(no_key=True):
        item = row.per_entity[id]
        left = {
            name: [each for each in item[name] if each.partition(".")[0] in keys]
            for name in ("ticks", "known")
            if name in item
        }
        if item | left != item:
            row.per_entity[id] = item | left
            row.version += 1
            row.save(update_fields=["per_entity", "version", "updated_at"])


def _fields(profile: Profile) -> dict[str, FieldSpec]:
    fields = profile.entity.fields.filter(archived_at=None).select_related("entity")
    return {field.key: FieldSpec.of(field) for field in fields}
