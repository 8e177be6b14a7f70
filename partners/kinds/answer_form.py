"""The part of the webhook's form that says what an answer means, and tries it on a pasted one."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners.kinds.answers import (
    LONGEST_PATH,
    LONGEST_VALUE,
    MEANS,
    MOST_RULES,
    WHERE,
    Answers,
    PathError,
    Reading,
    Rule,
    steps,
)
from partners.kinds.base import KindForm, Part

SPARE_RULES = 2
LONGEST_SAMPLE = 4096
TAKEN = "accepted"
AGAIN = "again"
EXPECTED = {"": _("only show me"), **MEANS, AGAIN: _("To be tried again")}


class RuleRow(NamedTuple):
    """The names of the four fields of one rule."""

    where: str
    path: str
    value: str
    means: str


def rule_at(index: int) -> RuleRow:
    """The fields' names of the rule at that place, from 0."""
    return RuleRow(*(f"rule_{index}_{part}" for part in RuleRow._fields))


def path(text: str) -> None:
    """A validator of paths."""
    try:
        steps(text)
    except PathError as error:
        raise ValidationError(str(error)) from None


class AnswerForm(KindForm):
    """Rules, the places of id and price, and a sample answer, which is not kept."""

    answer_id = forms.CharField(
        label=_("Its id for the lead"),
        required=False,
        max_length=LONGEST_PATH,
        validators=[path],
        widget=forms.TextInput(attrs={"placeholder": "result.id"}),
        help_text=_("Where it stands in a JSON answer; shown with the job."),
    )
    answer_price = forms.CharField(
        label=_("Its price"),
        required=False,
        max_length=LONGEST_PATH,
        validators=[path],
        widget=forms.TextInput(attrs={"placeholder": "result.price"}),
        help_text=_("Where it stands in a JSON answer; the job's own price stays."),
    )
    sample_status = forms.IntegerField(
        label=_("Status of a sample answer"), required=False, initial=200, min_value=200, max_value=599
    )
    sample_means = forms.ChoiceField(
        label=_("It should mean"), required=False, choices=list(EXPECTED.items()), initial=""
    )
    sample = forms.CharField(
        label=_("Sample answer"),
        required=False,
        max_length=LONGEST_SAMPLE,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "Paste one of the partner's: the preview says what it means, and saving checks that. Not kept."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = Answers.load(self.saved.get("answers") or {})
        self.initial.update(answer_id=saved.id, answer_price=saved.price)
        self.rules = [rule_at(index) for index in range(self._rule_count(len(saved.rules)))]
        for index, row in enumerate(self.rules):
            self._add_rule(row, saved.rules[index] if index < len(saved.rules) else None)

    def _rule_count(self, saved: int) -> int:
        posted = [
            index + 1 for index in range(2 * MOST_RULES) if self.add_prefix(rule_at(index).where) in self.data
        ]
        return max([min(saved + SPARE_RULES, MOST_RULES), *posted])

    def _add_rule(self, row: RuleRow, rule: Rule | None) -> None:
        def choice(label: Any, choices: Any, initial: str) -> forms.ChoiceField:
            listed = list(choices.items())
            return forms.ChoiceField(label=label, required=False, choices=listed, initial=initial)

        self.fields[row.where] = choice(_("If the answer's"), {"": "–", **WHERE}, rule.where if rule else "")
        self.fields[row.path] = forms.CharField(
            label=_("JSON path"), required=False, max_length=LONGEST_PATH, initial=rule.path if rule else "",
            validators=[path], widget=forms.TextInput(attrs={"placeholder": "result.status"}),
        )  # fmt: skip
        self.fields[row.value] = forms.CharField(
            label=_("Is or contains"), required=False, max_length=LONGEST_VALUE,
            initial=rule.value if rule else "",
        )  # fmt: skip
        self.fields[row.means] = choice(_("It means"), MEANS, rule.means if rule else "rejected")

    def more(self) -> Iterator[Part]:
        places, sample = ("answer_id", "answer_price"), ("sample_status", "sample_means")
        names = [*(name for row in self.rules for name in row), *places, *sample, "sample"]
        used = any(self[name].value() for name in (*(row.where for row in self.rules), *places, "sample"))
        yield Part(
            _("What an answer means"),
            _(
                "Without a rule 200–299 is delivered and all else is tried again. The first rule that holds "
                "decides: rejected and duplicate end the job as failed, so that another partner can be next. "
                "Upper and lower case are the same; a JSON value left empty may be anything."
            ),
            [*self.rules, places, sample, "sample"],
            used or bool({*names} & {*self.errors}),
        )

    def clean(self) -> dict[str, Any]:
        for row in self.rules:
            self._check_rule(row)
        if not self.errors:
            self._check_sample()
        return self.cleaned_data

    def _check_rule(self, row: RuleRow) -> None:
        where, at, value, means = (self.cleaned_data.get(name, "") for name in row)
        if not where:
            if at or value:
                self.add_error(row.where, _("Choose what is looked at: its status, a JSON value, its text."))
            return
        if where == "status":
            self._check_status(row, value, means)
        elif where == "text" and not value:
            self.add_error(row.value, _("Enter the text that it contains."))
        if where == "json" and not at and row.path not in self.errors:
            self.add_error(row.path, _("Enter where the value stands, such as result.status."))
        elif where != "json" and at:
            self.add_error(row.path, _("This goes with a JSON value only: empty it."))

    def _check_status(self, row: RuleRow, value: str, means: str) -> None:
        number = value.lower().replace("xx", "00")
        if not (len(value) == 3 and number.isascii() and number.isdigit() and 200 <= int(number) <= 599):
            self.add_error(row.value, _("Enter a status such as 409, or 4xx for all of them."))
        elif means == TAKEN and not value.startswith("2"):
            self.add_error(row.means, _("Only a status from 200 to 299 can mean that the lead was taken."))

    def answers(self) -> Answers:
        """As typed; rules that are not whole are left out."""
        cleaned = self.cleaned_data
        rules = tuple(self._rules())
        return Answers(rules, cleaned.get("answer_id", ""), cleaned.get("answer_price", ""))

    def _rules(self) -> Iterator[Rule]:
        for row in self.rules:
            where, at, value, means = (str(self.cleaned_data.get(name) or "") for name in row)
            if where and not {*row} & {*self.errors}:
                yield Rule(where, value, means, at)

    def _check_sample(self) -> None:
        wanted, found = self.cleaned_data.get("sample_means"), self.reading()
        if found is None:
            return
        if wanted and wanted != _outcome(found, self._sample_status()):
            self.add_error("sample", told(found, self._sample_status()))
        for fact, label in (("id", "answer_id"), ("price", "answer_price")):
            if wanted == TAKEN and self.cleaned_data.get(label) and fact not in found.facts:
                self.add_error(label, _("Nothing usable stands there in the sample answer."))

    def _sample_status(self) -> int:
        return self.cleaned_data.get("sample_status") or 200

    def reading(self) -> Reading | None:
        """What the sample answer means; None where none is given. After `full_clean()`."""
        sample = self.cleaned_data.get("sample", "")
        given = sample or self.cleaned_data.get("sample_means")
        return self.answers().read(self._sample_status(), sample) if given else None

    def remarks(self) -> list[str]:
        # A sample that does not mean what it should has its error, which says the same.
        found = None if "sample" in self.errors else self.reading()
        return [] if found is None else [told(found, self._sample_status())]


def _outcome(found: Reading, status: int) -> str:
    return found.means or (TAKEN if 200 <= status <= 299 else AGAIN)


def told(found: Reading, status: int) -> str:
    """What an answer means and why, in a sentence or two."""
    facts = {"id": gettext("Its id: %s."), "price": gettext("Its price: %s.")}
    means = EXPECTED[_outcome(found, status)]
    why = found.rule.words() if found.rule else gettext("no rule speaks of it, and its status is %d") % status
    first = gettext("The sample answer means: %(means)s, since %(why)s.") % {"means": means, "why": why}
    return " ".join([first, *(facts[name] % value for name, value in found.facts.items())])
