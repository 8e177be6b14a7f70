"""Texts made fit for a letter: what a lead holds must not end a header or begin a tag."""

import re

import nh3
from django.utils.translation import gettext

from partners.templating import TemplateError

SUBJECT = 900  # characters; a line of a mail ends at 998 bytes
NAME = 75
# Control characters, and what Python and mail programs take for the end of a line.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

# fmt: off
TAGS = frozenset([
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i", "img", "li", "ol",
    "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "u", "ul",
])
_ANYWHERE = {
    "align", "bgcolor", "border", "cellpadding", "cellspacing", "colspan", "dir", "height", "lang", "rowspan",
    "style", "valign", "width",
}
# No property that can load anything: url() stands in none of these.
STYLES = {
    "background-color", "border", "border-collapse", "border-radius", "color", "font-family", "font-size",
    "font-style", "font-weight", "height", "line-height", "margin", "max-width", "padding", "text-align",
    "text-decoration", "vertical-align", "white-space", "width",
}
# fmt: on
ATTRIBUTES = {"*": _ANYWHERE, "a": {"href", "title"}, "img": {"src", "alt"}}
SCHEMES = {"http", "https", "mailto", "tel"}

# An HTML parser repeats each open b, em … in each block after it, 16 KB of source to 7 MB of result;
# only those with attributes, of the others three. Nested blocks cost the square of their depth.
TAGS_IN_ALL = 5_000
STYLED_TEXTS = 100
LONGEST = 512 * 1024
_STYLED_TEXT = re.compile("<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\\s/]", re.IGNORECASE)


def one_line(text: str, most: int) -> str:
    """A header's text: one line without control characters, at most so many characters."""
    return " ".join(_BREAKS.sub(" ", printable(text)).split())[:most].rstrip()


def display_name(text: str) -> str:
    """A display name that no mail program takes for an address."""
    return one_line(re.sub(r'[@:,;<>"\\]', " ", text), NAME)


def printable(text: str) -> str:
    """`text` without NUL, and with a question mark for each half of a broken surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def html(body: str) -> str:
    """The allowed tags, attributes and addresses of an HTML body: no scripts, no forms, no events.

    Raises TemplateError for a body that would cost too much to clean.
    """
    if body.count("<") > TAGS_IN_ALL or sum(1 for _ in _STYLED_TEXT.finditer(body)) > STYLED_TEXTS:
        message = gettext("The HTML has more than %(all)d tags, or %(styled)d like b or em with attributes.")
        raise TemplateError(message % {"all": TAGS_IN_ALL, "styled": STYLED_TEXTS})
    cleaned = nh3.clean(
        body,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        filter_style_properties=STYLES,
        link_rel=None,
    )
    if len(cleaned) > LONGEST:
        raise TemplateError(
            gettext("The HTML is over %d KiB once its open tags are closed.") % (LONGEST // 1024)
        )
    return cleaned
