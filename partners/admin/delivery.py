"""The section Delivery of a partner, and of a partner in a profile: several forms as one.

Only the chosen method's own fields count. What was typed into another method's fields comes back
with the page and is neither checked nor saved.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin.helpers import Fieldset
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit.crypto import SealError
from partners import services
from partners.admin.delivery_parts import PREFIX, MethodForm, fieldset, method_initial, more_of_kind, of_kind
from partners.admin.delivery_words import facts
from partners.admin.differences import Conflict, Difference, differences
from partners.admin.lead_choice import LeadChoice
from partners.admin.mapping import TEXTS, EntityForm
from partners.admin.names import names
from partners.draft import Draft
from partners.kinds import KINDS
from partners.models import DeliverySettings, Partner
from partners.models.settings import Kind
from partners.sheet import Sheet, reader

SEEN = f"{PREFIX}-seen"


class DeliveryForm:
    """The section. `current` is the row in force (None: none yet), `rows` those shown by method.

    Without a row in force no method need be chosen: the partner then gets nothing yet.
    `entity_id`: ticks and templates of this entity only. `at`: the revision, where it was read already.
    """

    conflict: Conflict | None = None

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        current: DeliverySettings | None,
        rows: Mapping[str, DeliverySettings],
        entity_id: int | None = None,
        at: int | None = None,
    ) -> None:
        self.current = current
        self.rows = rows = {**rows, **({current.kind: current} if current else {})}
        self.made_secret: str | None = None
        self.seen = self.stamp if data is None else str(data.get(SEEN, self.stamp))
        self.method = MethodForm(data, prefix=PREFIX, initial=method_initial(current))
        self.method.fields["method"].required = current is not None
        self.kinds = {
            key: kind.form(
                data,
                prefix=f"{PREFIX}-{key}",
                config=rows[key].config if key in rows else None,
                opened=partial(_opened, rows.get(key)),
            )
            for key, kind in KINDS.items()
        }
        examples = reader().examples(entity_id, at)
        self.entities = {str(each.entity_id): self._of_entity(data, name, each) for name, each in examples}
        entities = [(each.entity_id, name) for name, each in examples]
        self.lead = LeadChoice(data, prefix=PREFIX, entities=entities)

    def _of_entity(self, data: Mapping[str, Any] | None, name: str, example: Sheet) -> EntityForm:
        return EntityForm(
            data,
            prefix=f"{PREFIX}-entity-{example.entity_id}",
            name=name,
            columns=example.columns,
            display_field=example.display_field,
            saved=self._saved(str(example.entity_id)),
        )

    def _saved(self, entity: str) -> dict[str, Any]:
        """Ticks of the row in force, texts of the methods that have them."""
        shown = self.current.per_entity.get(entity, {}) if self.current else {}
        rows = {kind: self.rows[kind].per_entity.get(entity, {}) for kind in TEXTS if kind in self.rows}
        texts = {part: row[part] for kind, row in rows.items() for part in TEXTS[kind] if part in row}
        return {**texts, "ticks": shown.get("ticks", []), "known": shown.get("known")}

    @property
    def stamp(self) -> str:
        """Differs once another saved any of this."""
        rows = [f"{row.pk}.{row.version}" for row in self.rows.values()]
        return "-".join([str(self.current.pk if self.current else 0), *sorted(rows)])

    def refusal(self) -> str:
        """Why this must not be saved yet, "" where nothing is in the way; after `is_valid()`.

        The page then shows `conflict` once, and the next save stands.
        """
        if self.seen == self.stamp or not self.has_changed():
            return ""
        self.seen = self.stamp
        self.conflict = Conflict(
            gettext("These delivery settings were saved while this page was open"), [*self._differences()]
        )
        return gettext(
            "Delivery: somebody saved it meanwhile. Compare both versions, then save yours or reload."
        )

    def _differences(self) -> Iterator[Difference]:
        chosen = [self.kinds[self.kind]] if self.kind in self.kinds else []
        for form in (self.method, *chosen):
            yield from differences(form)
        for entity in self.entities.values():
            yield from differences(entity, entity.name)

    @property
    def kind(self) -> str:
        """The chosen method, "" for none."""
        return str(self.method["method"].value() or "")

    def is_valid(self) -> bool:
        """Checks what the chosen method needs; the others' errors are dropped."""
        for key, form in self.kinds.items():
            form.full_clean()
            if key != self.kind:
                form.errors.clear()
        if self.kind in TEXTS and self.method.is_valid():
            self._check_texts()
        self._check_seal()
        return not [form for form in self._all() if not form.is_valid()]

    def leave_unchecked(self) -> None:
        """Lets the section come back as it was sent, without a word on what is to be mended."""
        for form in self._all():
            form.errors.clear()

    def _all(self) -> list[forms.Form]:
        return [self.method, *self.kinds.values(), *self.entities.values()]

    def _check_texts(self) -> None:
        chosen = self.kinds[self.kind].cleaned_data
        for form in self.entities.values():
            if not form.is_valid():
                continue
            if self.kind == Kind.EMAIL:
                form.check_letter(self.everything, html=bool(chosen.get("html")))
            else:
                form.check_shape(self.everything, flat=chosen.get("format") == "form")

    def _check_seal(self) -> None:
        """What is kept must open: a save that cannot read the old secrets would lose them."""
        try:
            self._old_secrets()
        except SealError:
            message = _(
                "The saved secrets do not open: put the key that sealed them back into ENCRYPTION_KEYS."
            )
            self.method.add_error("method", message)

    def _old_secrets(self) -> dict[str, Any]:
        return self.rows[self.kind].secrets() if self.kind in self.rows else {}

    @property
    def everything(self) -> bool:
        """Whether all fields are sent, as the page shows it now."""
        return bool(self.method["everything"].value() == "yes")

    def has_changed(self) -> bool:
        """Whether saving would change anything."""
        chosen = [self.kinds[self.kind]] if self.kind in self.kinds else []
        return any(form.has_changed() for form in (self.method, *chosen, *self.entities.values()))

    def draft(self) -> Draft | None:
        """What a save would keep; None where no method is chosen. After `is_valid()`.

        `made_secret` is then a signing secret that was made by it.
        """
        if not self.kind:
            return None
        form = self.kinds[self.kind]
        secrets = form.secrets(self._old_secrets())
        self.made_secret = getattr(form, "made_secret", None)
        return Draft(
            kind=self.kind,
            config=form.config(),
            secrets=secrets,
            policy=self.method.cleaned_data["policy"],
            everything=self.everything,
            per_entity=self._per_entity(),
            new_secret=self.made_secret is not None,
        )

    def sketch(self, entity_id: int) -> Draft | None:
        """What a preview needs, without secrets and with stand-ins for what is missing; after `is_valid()`.

        None where no method is chosen, or where this entity's texts have errors.
        """
        entity = self.entities.get(str(entity_id))
        if self.kind not in KINDS or entity is None or entity.errors:
            return None
        return Draft(
            kind=self.kind,
            config=self.kinds[self.kind].sketch(),
            everything=self.everything,
            per_entity={str(entity_id): entity.item(self.kind)},
        )

    def problems(self, entity_id: int | None = None) -> list[tuple[str, str]]:
        """The id of a control and what to mend there, of all forms or of one entity's; after `is_valid()`."""
        found = self._all() if entity_id is None else [self.entities[str(entity_id)]]
        return [
            (form[name].id_for_label if name in form.fields else "", _told(form, name, message))
            for form in found
            for name, messages in form.errors.items()
            for message in messages
        ]

    def save(self, partner: Partner, scope: str = "") -> DeliverySettings | None:
        """The row in force from now on, saved; None where no method is chosen.

        Call inside a transaction that holds the configuration. `made_secret` is then a signing
        secret that was made by it, to be shown once.
        """
        draft = self.draft()
        return None if draft is None else services.save_draft(partner=partner, draft=draft, scope=scope)

    def _per_entity(self) -> dict[str, Any]:
        old = self.rows[self.kind].per_entity if self.kind in self.rows else {}
        new = {entity: form.item(self.kind) for entity, form in self.entities.items()}
        new = {entity: item for entity, item in new.items() if entity in old or _says(item)}
        return {**old, **new}

    def warnings(self) -> list[str]:
        """Sentences about what the page shows now, such as that a URL is not encrypted."""
        kind = KINDS.get(self.kind)
        if kind is None:
            return []
        config = self._shown_config()
        fields = self._encrypted()
        exposed = kind.exposure(config, fields) if fields else ""
        return [*kind.warnings(config), *filter(None, [exposed])]

    def remarks(self) -> list[str]:
        """What the chosen method's form says of what was typed; after `is_valid()`."""
        return self.kinds[self.kind].remarks() if self.kind in self.kinds else []

    def _shown_config(self) -> Mapping[str, Any]:
        form = self.kinds[self.kind]
        if form.is_bound:
            form.full_clean()
            return form.sketch()
        return self.rows[self.kind].config if self.kind in self.rows else {}

    def _encrypted(self) -> str:
        """“Tax number (Solar lead), IBAN (Solar lead)”; the entity stands there where there are several."""
        several = len(self.entities) > 1
        return ", ".join(
            f"{label} ({form.name})" if several else label
            for form in self.entities.values()
            for label in form.encrypted(self.everything)
        )

    def fieldsets(self) -> Iterator[Fieldset]:
        """The section's parts, for the stock fieldset template."""
        yield fieldset(self.method, ("method",))
        for key, form in self.kinds.items():
            yield of_kind(key, form)
            yield from more_of_kind(key, form)
        yield fieldset(self.method, ("policy", "everything"))
        folded = ["collapse"] if len(self.entities) > 1 else []
        html = bool(self.kinds[Kind.EMAIL]["html"].value())
        for entity in self.entities.values():
            entity.show_standard(self.everything, html)
            yield fieldset(
                entity,
                ("ticks", "subject", "body", "shape"),
                name=entity.heading(self.everything),
                classes=["for-entity", *folded],
                description=names(entity.columns),
            )

    def facts(self) -> list[tuple[str, str]]:
        """The saved settings in words, for those who may only read them. Holds no secret."""
        return facts(self.current) if self.current else []


def _opened(row: DeliverySettings | None) -> Mapping[str, Any]:
    """The row's secrets; none where no key opens them, which the check at a save tells."""
    try:
        return row.secrets() if row else {}
    except SealError:
        return {}


def _says(item: Mapping[str, Any]) -> bool:
    """Whether an entity's item differs from none."""
    return any(item[name] for name in item if name != "known")


def _told(form: forms.Form, name: str, message: object) -> str:
    label = form.fields[name].label if name in form.fields else ""
    owner = f"{form.name}, " if isinstance(form, EntityForm) else ""
    return (
        gettext("%(label)s: %(message)s") % {"label": f"{owner}{label}", "message": message}
        if label
        else str(message)
    )
