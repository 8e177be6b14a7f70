"""What a delivery method's settings are: a frozen configuration and the form that edits it.

A kind knows the connection only. Ticks, subject and body belong to an entity and are edited beside
it (`partners.admin.mapping`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

from django import forms
from django.utils.functional import Promise

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

C = TypeVar("C")
Line = str | tuple[str, ...]


class Part(NamedTuple):
    """Fields that few settings need: folded away unless `open`."""

    name: "StrOrPromise"
    about: "StrOrPromise"
    lines: list[Line]
    open: bool


class KindForm(forms.Form):
    """A kind's own fields, filled from the row's saved `config` (empty for a new row).

    Secrets are write-only: no field shows one, and one that is left empty keeps what is sealed.
    Save with `row.config = form.config()` and `row.put_secrets(form.secrets(row.secrets()))`.
    `opened` gives the saved secrets to a form that tells something of them, such as when one ends.
    """

    def __init__(
        self,
        *args: Any,
        config: Mapping[str, Any] | None = None,
        opened: Callable[[], Mapping[str, Any]] = dict,
        **kwargs: Any,
    ) -> None:
        self.saved: dict[str, Any] = dict(config or {})
        self.opened = opened
        kwargs["initial"] = {**self.initial_from(self.saved), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def initial_from(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The fields' values for a saved configuration."""
        return {name: config[name] for name in self.base_fields if name in config}

    def lines(self) -> list[Line]:
        """Names of the fields to show, line by line; those of a tuple stand side by side."""
        return list(self.fields)

    def more(self) -> Iterator[Part]:
        """The parts that `lines` leaves out."""
        return iter(())

    def remarks(self) -> list[str]:
        """Sentences for the preview on what was typed; after `full_clean()`."""
        return []

    def config(self) -> dict[str, Any]:
        """DeliverySettings.config as JSON; only after `is_valid()`."""
        return dict(self.cleaned_data)

    def sketch(self) -> dict[str, Any]:
        """The configuration for a preview, with stand-ins for what is missing; after `full_clean()`."""
        return dict(self.cleaned_data)

    def secrets(self, old: Mapping[str, Any]) -> dict[str, Any]:
        """DeliverySettings' opened secrets as they are to be, given the old ones; after `is_valid()`."""
        return dict(old)


class KindSpec(ABC, Generic[C]):
    """One delivery method. `partners.kinds.KINDS` has an instance of each, by key."""

    key: ClassVar[str]
    label: ClassVar[Promise]
    best_for: ClassVar[Promise]
    about: ClassVar[Promise]  # what becomes of a lead, in a sentence
    form: ClassVar[type[KindForm]]

    @abstractmethod
    def load(self, config: Mapping[str, Any]) -> C:
        """The configuration of a saved row. Raises nothing: what is missing is empty."""

    def host(self, config: Mapping[str, Any]) -> str:
        """The host to show and group by, "" where there is none."""
        return ""

    def warnings(self, config: Mapping[str, Any]) -> list[str]:
        """Sentences to show beside the settings, such as that a URL is not encrypted."""
        return []

    def facts(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Label and words of what the form's own fields do not show of a saved row. Holds no secret."""
        return []

    def exposure(self, config: Mapping[str, Any], fields: str) -> str:
        """What to say of the encrypted `fields` where others can read them on the way; "" where none can."""
        return ""
