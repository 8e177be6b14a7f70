"""From a parcel to a letter: the entity's templates, or the default where there is none."""

from html import escape

from django.utils.translation import gettext as _

from delivery.channels.base import Configuration, Parcel
from delivery.letter import clean
from delivery.letter.lines import lines, words
from delivery.letter.mime import Letter
from delivery.letter.plain import text_of
from partners.kinds.email import EmailConfig
from partners.templating import TemplateError, TemplateErrors, compile_template, facts, targets_of

PAGE = '<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n{}\n</body></html>\n'
CELL = "padding:2px 12px 2px 0;vertical-align:top;text-align:left"


def write(parcel: Parcel[EmailConfig]) -> Letter:
    """The letter for a parcel. Raises Configuration where a template cannot be used."""
    heading = default_subject(parcel)
    subject = clean.one_line(_subject(parcel, heading), clean.SUBJECT)
    template = parcel.lettering.body
    if not template:
        page = PAGE.format(_default_html(parcel, heading)) if parcel.config.html else ""
        return Letter(subject, clean.printable(_default_text(parcel, heading)), clean.printable(page))
    body = clean.printable(_rendered(parcel, template, _("body"), html=parcel.config.html))
    if not parcel.config.html:
        return Letter(subject, body)
    try:
        cleaned = clean.html(body)
    except TemplateError as error:
        raise _unusable(_("body"), error) from None
    return Letter(subject, text_of(cleaned), PAGE.format(cleaned))


def _subject(parcel: Parcel[EmailConfig], heading: str) -> str:
    template = parcel.lettering.subject
    subject = template and _rendered(parcel, template, _("subject"), html=False)
    subject = subject if subject.strip() else heading
    return _("[Test] %s") % subject if parcel.test else subject


def default_subject(parcel: Parcel[EmailConfig]) -> str:
    """Names the lead by the entity's display field where that is ticked, else by its entity."""
    shown = next((words(cell) for cell in parcel.cells if cell.key == parcel.display_field), "")
    return _("New lead: %s") % (shown or parcel.entity)


def _rendered(parcel: Parcel[EmailConfig], source: str, part: str, *, html: bool) -> str:
    cells = (*facts(parcel.lead_id, parcel.entity, parcel.lead_created_at), *parcel.cells)
    try:
        return compile_template(source, targets_of(parcel.cells), html=html).render(cells)
    except TemplateErrors as errors:
        fault: object = errors.problems[0]
    except TemplateError as error:
        fault = error
    raise _unusable(part, fault)


def _unusable(part: str, fault: object) -> Configuration:
    text = _("The %(part)s template cannot be used: %(fault)s") % {"part": part, "fault": fault}
    return Configuration("template", text, endpoint=False)


def _default_text(parcel: Parcel[EmailConfig], heading: str) -> str:
    rows = [f"{label}: {value}" for label, value in lines(parcel.cells)]
    body = "\n".join(row.replace("\n", "\n  ") for row in rows) or _nothing()
    return f"{clean.one_line(heading, clean.SUBJECT)}\n\n{body}\n"


def _default_html(parcel: Parcel[EmailConfig], heading: str) -> str:
    rows = "".join(_row(label, value) for label, value in lines(parcel.cells))
    body = f"<table>{rows}</table>" if rows else f"<p>{escape(_nothing())}</p>"
    return f"<h2>{escape(heading)}</h2>{body}"


def _row(label: str, value: str) -> str:
    shown = escape(value).replace("\n", "<br>")
    return f'<tr><th style="{CELL}">{escape(label)}:</th><td style="{CELL}">{shown}</td></tr>\n'


def _nothing() -> str:
    return _("None of this lead's fields has a value that is sent to you.")
