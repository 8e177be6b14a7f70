"""What holds for every page: one strict policy, nothing inline, nothing from elsewhere, few queries."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from leadflip.kit import clock
from portal import services
from tests.people import People
from tests.portal.conftest import EntryMaker

POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
TEMPLATES = sorted(
    path
    for folder in ("base", "portal", "errors")
    for path in (Path(settings.BASE_DIR) / "templates" / folder).glob("*.html")
)


def pages(client: Client, people: People, make_entry: EntryMaker) -> list[Any]:
    entry = make_entry({"name": "Ana <script>alert(1)</script>"})
    paths = [
        reverse(f"portal:{name}") for name in ("feed", "csv", "activity", "people", "account", "password")
    ]
    signed_out = [client.get(reverse("portal:login")), client.get("/portal/nothing/")]
    client.force_login(people.owner)
    return signed_out + [client.get(path) for path in [reverse("portal:lead", args=[entry.id]), *paths]]


def test_every_page_has_the_strict_policy(client: Client, people: People, make_entry: EntryMaker) -> None:
    for page in pages(client, people, make_entry):
        assert set(page["Content-Security-Policy"].split("; ")) == POLICY


def test_every_page_is_one_document_without_anything_inline(
    client: Client, people: People, make_entry: EntryMaker
) -> None:
    for page in pages(client, people, make_entry):
        text = page.text
        assert text.startswith("<!doctype html>")
        assert '<html lang="en"' in text
        assert len(re.findall(r"<h1\b", text)) == 1
        assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=|javascript:", text)
        assert not re.search(r'(src|href)="(https?:)?//', text)


def test_titles_differ(client: Client, people: People, make_entry: EntryMaker) -> None:
    titles = [
        re.search("<title>(.*?)</title>", page.text, re.S) for page in pages(client, people, make_entry)
    ]
    texts = [title.group(1) for title in titles if title]
    assert len(set(texts)) == len(titles)
    assert all(title.endswith("· Leadflip") for title in texts)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_hold_no_untranslated_words(path: Path) -> None:
    text = re.sub(r"{% block width %}\w*{% endblock %}", "", path.read_text())
    text = re.sub(r"{%\s*blocktranslate.*?endblocktranslate\s*%}", "", text, flags=re.S)
    text = re.sub(r"{[{%#].*?[}%#]}", "", text, flags=re.S)
    text = re.sub(r"<[^>]*>", "", text)
    words = set(re.findall(r"[A-Za-z]{2,}", text)) - {"Leadflip", "Distribution"}
    assert words == set()


def test_stylesheet_stays_small() -> None:
    css = (Path(settings.BASE_DIR) / "static" / "app.css").read_bytes()
    assert len(gzip.compress(css)) <= 15 * 1024


@pytest.mark.parametrize("name", ["feed", "activity", "csv"])
def test_queries_do_not_grow_with_rows(
    client: Client, people: People, make_entry: EntryMaker, django_assert_max_num_queries: Any, name: str
) -> None:
    client.force_login(people.owner)
    for _ in range(20):
        services.viewed(entry=make_entry({"name": "Ana Example"}), user=people.owner, at=clock.now())
    with django_assert_max_num_queries(10):
        client.get(reverse(f"portal:{name}"))


def test_lead_page_takes_few_queries(
    client: Client, people: People, make_entry: EntryMaker, django_assert_max_num_queries: Any
) -> None:
    client.force_login(people.owner)
    path = reverse("portal:lead", args=[make_entry({"name": "Ana Example"}).id])
    client.get(path)
    with django_assert_max_num_queries(9):
        client.get(path)
