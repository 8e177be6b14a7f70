"""Delivery by webhook: one HTTP call a lead to the partner's URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.kinds.answers import MEANS, NO_RULES, Answers
from partners.kinds.base import KindSpec
from partners.kinds.webhook_form import METHODS, WebhookForm, host_of

__all__ = ["METHODS", "WebhookConfig", "WebhookForm", "WebhookKind"]


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """`url` as normalised by `partners.outgoing`; `headers` are the names, their values are secrets."""

    url: str = ""
    method: str = "POST"
    format: str = "json"
    headers: tuple[str, ...] = ()
    signing: bool = False
    answers: Answers = NO_RULES


class WebhookKind(KindSpec[WebhookConfig]):
    """The partner's own endpoint."""

    key = "webhook"
    label = gettext_lazy("Webhook")
    best_for = gettext_lazy("Partners with CRM/automation")
    about = gettext_lazy("Each lead is sent to this URL within seconds, and again where that fails.")
    form = WebhookForm

    def load(self, config: Mapping[str, Any]) -> WebhookConfig:
        return WebhookConfig(
            url=str(config.get("url") or ""),
            method=str(config.get("method") or "POST"),
            format=str(config.get("format") or "json"),
            headers=tuple(config.get("headers") or ()),
            signing=bool(config.get("signing")),
            answers=Answers.load(config.get("answers") or {}),
        )

    def facts(self, config: Mapping[str, Any]) -> list[tuple[str, str]]:
        loaded = self.load(config)
        rules = [f"{rule.words()} → {MEANS[rule.means]}" for rule in loaded.answers.rules]
        said = [(_("Headers"), ", ".join(loaded.headers)), (_("What an answer means"), "; ".join(rules))]
        return [fact for fact in said if fact[1]]

    def host(self, config: Mapping[str, Any]) -> str:
        return host_of(self.load(config).url)

    def exposure(self, config: Mapping[str, Any], fields: str) -> str:
        if not self._in_clear(config):
            return ""
        return _("Encrypted fields are sent in clear over http://: %(fields)s.") % {"fields": fields}

    def _in_clear(self, config: Mapping[str, Any]) -> bool:
        return self.load(config).url.startswith("http://")

    def warnings(self, config: Mapping[str, Any]) -> list[str]:
        if not self._in_clear(config):
            return []
        return [
            _("This URL starts with http://: the lead's data travel unencrypted. Use https:// if you can.")
        ]
