"""Texts made fit for a letter: what a lead holds must not end a header or begin a tag."""

import re

import nh3

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
    """The allowed tags, attributes and addresses of an HTML body: no scripts, no forms, no events."""
    return nh3.clean(
        body,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        filter_style_properties=STYLES,
        link_rel=None,
    )
