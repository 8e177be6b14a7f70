"""What all delivery methods have, and how the section's parts are shown."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib.admin.helpers import Fieldset
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leadflip.kit.templatetags.kit import icon
from leadflip.kit.widgets import Radios
from partners.admin.schedule import PolicyField
from partners.kinds import KINDS
from partners.kinds.base import KindForm
from partners.models import DeliverySettings, RetryPolicy
from partners.models.settings import Kind

PREFIX = "delivery"


class MethodForm(forms.Form):
    """What all methods have: which one it is, when to try again, how much of a lead is sent."""

    method = forms.ChoiceField(
        label=_("Delivery method"),
        choices=Kind.choices,
        widget=Radios(_("Delivery method")),
        error_messages={"required": _("Choose how this partner receives its leads.")},
    )
    policy = PolicyField(
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["method"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, card(key)) for key in KINDS]


def card(key: str) -> SafeString:
    """A method's name, and whom it suits."""
    kind = KINDS[key]
    return format_html(
        '<span class="method"><strong>{} {}</strong> <span>{}</span></span>',
        icon(key),
        kind.label,
        gettext("Best for: %(best_for)s.") % {"best_for": kind.best_for},
    )


def method_initial(current: DeliverySettings | None) -> dict[str, Any]:
    """What MethodForm shows of a saved row."""
    if current is None:
        return {}
    return {
        "method": current.kind,
        "policy": current.policy_id,
        "everything": "yes" if current.everything else "no",
    }


def of_kind(key: str, form: KindForm) -> Fieldset:
    """A method's own fields; those of a method without any say what becomes of a lead."""
    kind = KINDS[key]
    classes = ["for-kind", f"for-{key}"]
    return fieldset(form, form.lines(), name=kind.label, classes=classes, description=kind.about)


def more_of_kind(key: str, form: KindForm) -> Iterator[Fieldset]:
    """The parts that few need, folded away until they hold something."""
    for part in form.more():
        classes = ["for-kind", f"for-{key}", *([] if part.open else ["collapse"])]
        yield fieldset(form, part.lines, name=part.name, classes=classes, description=part.about)


def fieldset(form: Any, fields: Sequence[Any], **options: Any) -> Fieldset:
    """The stock fieldset, which serves any form, not only the model forms that its stubs allow."""
    return Fieldset(form, fields=fields, **options)
