"""The section Delivery of a partner, and of a partner in a profile: several forms as one.

Only the chosen method's own fields count. What was typed into another method's fields comes back
with the page and is neither checked nor saved.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.admin.helpers import Fieldset
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit.crypto import SealError
from leadflip.kit.widgets import Radios
from partners import services
from partners.admin.mapping import EntityForm
from partners.kinds import KINDS
from partners.kinds.base import KindForm
from partners.models import DeliverySettings, Partner, RetryPolicy
from partners.models.settings import Kind
from partners.sheet import reader

PREFIX = "delivery"
LETTER = Kind.EMAIL  # the method whose subject and body are templates


class MethodForm(forms.Form):
    """What all methods have: which one it is, when to try again, how much of a lead is sent."""

    method = forms.ChoiceField(
        label=_("Delivery method"),
        choices=Kind.choices,
        widget=Radios(_("Delivery method")),
        error_messages={"required": _("Choose how this partner receives its leads.")},
    )
    policy = forms.ModelChoiceField(
        RetryPolicy.objects.all(),
        label=_("Retry policy"),
        required=False,
        empty_label=_("The profile's, else the standard one: 8 attempts within 17 hours"),
    )
    everything = forms.ChoiceField(
        label=_("Fields that are sent"),
        choices=[("yes", _("Everything, also fields added later")), ("no", _("Only these"))],
        widget=Radios(_("Fields that are sent")),
        initial="yes",
    )


class DeliveryForm:
    """The section. `current` is the row in force (None: none yet), `rows` those shown by method.

    Without a row in force no method need be chosen: the partner then gets nothing yet.
    `entity_id`: ticks and templates of this entity only.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        current: DeliverySettings | None,
        rows: Mapping[str, DeliverySettings],
        entity_id: int | None = None,
    ) -> None:
        self.current = current
        self.rows = rows = {**rows, **({current.kind: current} if current else {})}
        self.made_secret: str | None = None
        self.method = MethodForm(data, prefix=PREFIX, initial=_initial(current))
        self.method.fields["method"].required = current is not None
        self.kinds = {
            key: kind.form(data, prefix=f"{PREFIX}-{key}", config=rows[key].config if key in rows else None)
            for key, kind in KINDS.items()
        }
        self.entities = {
            str(entity): EntityForm(
                data,
                prefix=f"{PREFIX}-entity-{entity}",
                name=name,
                columns=reader().columns(entity),
                saved=self._saved(str(entity)),
            )
            for entity, name in reader().entities()
            if entity_id in (None, entity)
        }

    def _saved(self, entity: str) -> dict[str, Any]:
        """Ticks of the row in force, texts of the method that has them."""
        shown = self.current.per_entity.get(entity, {}) if self.current else {}
        letter = self.rows[LETTER].per_entity.get(entity, {}) if LETTER in self.rows else {}
        return {**letter, "ticks": shown.get("ticks", [])}

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
        if self.kind == LETTER and self.method.is_valid():
            self._check_letters()
        self._check_seal()
        return self._valid_forms()

    def _valid_forms(self) -> bool:
        return not [form for form in self._all() if not form.is_valid()]

    def _all(self) -> list[forms.Form]:
        return [self.method, *self.kinds.values(), *self.entities.values()]

    def _check_letters(self) -> None:
        html = bool(self.kinds[LETTER].cleaned_data.get("html"))
        for form in self.entities.values():
            if form.is_valid():
                form.check_letter(self.everything, html)

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
        """Whether all fields are sent."""
        return bool(self.method.cleaned_data["everything"] == "yes")

    def has_changed(self) -> bool:
        """Whether saving would change anything."""
        chosen = [self.kinds[self.kind]] if self.kind in self.kinds else []
        return any(form.has_changed() for form in (self.method, *chosen, *self.entities.values()))

    def save(self, partner: Partner, scope: str = "") -> DeliverySettings | None:
        """The row in force from now on, saved; None where no method is chosen.

        Call inside a transaction that holds the configuration. `made_secret` is then a signing
        secret that was made by it, to be shown once.
        """
        if not self.kind:
            return None
        form = self.kinds[self.kind]
        row = services.save_settings(
            partner=partner,
            kind=self.kind,
            scope=scope,
            config=form.config(),
            secrets=form.secrets(self._old_secrets()),
            policy=self.method.cleaned_data["policy"],
            everything=self.everything,
            per_entity=self._per_entity(),
        )
        self.made_secret = getattr(form, "made_secret", None)
        return row

    def _per_entity(self) -> dict[str, Any]:
        old = self.rows[self.kind].per_entity if self.kind in self.rows else {}
        new = {
            entity: form.item(old.get(entity, {}), letter=self.kind == LETTER)
            for entity, form in self.entities.items()
        }
        new = {entity: item for entity, item in new.items() if entity in old or any(item.values())}
        return {**old, **new}

    def warnings(self) -> list[str]:
        """Sentences about what is saved, such as that a URL is not encrypted."""
        return KINDS[self.current.kind].warnings(self.current.config) if self.current else []

    def fieldsets(self) -> Iterator[Fieldset]:
        """The section's parts, for the stock fieldset template."""
        yield fieldset(self.method, ("method",))
        for key, form in self.kinds.items():
            yield _of_kind(key, form)
        yield fieldset(self.method, ("policy", "everything"))
        folded = ["collapse"] if len(self.entities) > 1 else []
        for entity in self.entities.values():
            yield fieldset(
                entity, ("ticks", "subject", "body"), name=entity.heading, classes=["for-entity", *folded]
            )

    def facts(self) -> list[tuple[str, str]]:
        """The saved settings in words, for those who may only read them. Holds no secret."""
        return facts(self.current) if self.current else []


def _initial(current: DeliverySettings | None) -> dict[str, Any]:
    if current is None:
        return {}
    return {
        "method": current.kind,
        "policy": current.policy_id,
        "everything": "yes" if current.everything else "no",
    }


def _of_kind(key: str, form: KindForm) -> Fieldset:
    kind = KINDS[key]
    description = gettext("Best for: %(best_for)s.") % {"best_for": kind.best_for}
    classes = ["for-kind", f"for-{key}"]
    return fieldset(form, form.lines(), name=kind.label, classes=classes, description=description)


def fieldset(form: Any, fields: Sequence[Any], **options: Any) -> Fieldset:
    """The stock fieldset, which serves any form, not only the model forms that its stubs allow."""
    return Fieldset(form, fields=fields, **options)


def summary(row: DeliverySettings | None) -> str:
    """A settings row in a few words, such as “Webhook · crm.example.com”."""
    if row is None:
        return gettext("No delivery method yet")
    return " · ".join(filter(None, [str(row.get_kind_display()), row.host]))


def facts(row: DeliverySettings) -> list[tuple[str, str]]:
    """Label and value of each thing that a row holds in the open."""
    fields = KINDS[row.kind].form.base_fields
    return [
        (gettext("Delivery method"), str(row.get_kind_display())),
        *(
            (str(field.label), _words(row.config[name]))
            for name, field in fields.items()
            if name in row.config
        ),
        *([(gettext("Headers"), _words(row.config["headers"]))] if row.config.get("headers") else []),
        (gettext("Retry policy"), str(row.policy or gettext("The profile's, else the standard one"))),
        (gettext("Fields that are sent"), gettext("Everything") if row.everything else gettext("Some")),
    ]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
