"""The machine's own Chromium against the live server.

Skipped, loudly, where no Chromium is found; with CI set in the environment that is a failure.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.barriers import Theme

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
Opener = Callable[..., Page]


def _chromium_path() -> str:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is not None:
        return path
    words = f"No Chromium on PATH ({', '.join(NAMES)}): pages were not looked at in a browser."
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


# For one module at a time: while Playwright's loop runs in this thread, no other test may start one.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = _chromium_path()
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright's loop makes Django think that these synchronous tests are not.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Opener]:
    """`open_page(width, theme)`: a page of its own session; what its console says fails the test."""
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # A status that the page itself explains, such as 404, is no fault of the page.
        if message.type in ("error", "warning") and "the server responded with a status" not in message.text:
            said.append(message.text)

    with ExitStack() as stack:

        def make(width: int = 1280, theme: Theme = "light") -> Page:
            context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
            stack.callback(context.close)
            page = context.new_page()
            page.on("console", hear)
            page.on("pageerror", lambda error: said.append(str(error)))
            return page

        yield make
    assert said == []
