"""Rules: conditions on a lead's values, in alternatives. `docs/rules.md` says what each operator means."""

from distribution.rules.compile import Miss, Rules, compile_rules
from distribution.rules.schema import RuleError, RuleErrors, RulesDoc

__all__ = ["Miss", "RuleError", "RuleErrors", "Rules", "RulesDoc", "compile_rules"]
