"""Takes each scene at two widths, as compact WebP pictures."""

import base64
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from leadflip.run.errors import StartError
from leadflip.run.state import PROJECT
from leadflip.run.terminal import say
from tests.browser.barriers import WIDTHS, Theme
from tests.people import PASSWORD
from tests.tour.scene import Scene
from tests.tour.site import Site

FOLDER = PROJECT / "docs" / "tour"
# No page is so interesting that more of it is looked at.
LONGEST = {1280: 2600, 390: 3000}
QUALITY = 70
# Where an element stands in its page.
PLACE = """(part) => {
    const { x, y, width, height } = document.querySelector(part).getBoundingClientRect();
    const whole = part === "html", pad = whole ? 0 : 16;
    const [left, top] = [x + scrollX - pad, y + scrollY - pad];
    const high = whole ? document.scrollingElement.scrollHeight : height + 2 * pad;
    return [left, top, width + 2 * pad, high];
}"""
LOGINS = {"admin": "/admin/", "operator": "/admin/", "partner": "/portal/", "crm": "/portal/"}


def photograph(site: Site, scenes: Iterable[Scene], wanted: list[str]) -> list[str]:
    """Writes docs/tour/<name>-<width>.webp; returns what went wrong, by scene."""
    FOLDER.mkdir(exist_ok=True)
    chosen = [scene for scene in scenes if not wanted or any(part in scene.name for part in wanted)]
    with browsing() as browser:
        return [fault for width in WIDTHS for fault in _at(browser, site, chosen, width)]


@contextmanager
def browsing() -> Iterator[Browser]:
    """The machine's own Chromium. Raises StartError where there is none."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        raise StartError("No Chromium on PATH: install it to look at the pages.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _at(browser: Browser, site: Site, scenes: Iterable[Scene], width: int) -> list[str]:
    """One session a person; the pictures of all scenes at this width."""
    said: list[str] = []
    pages: dict[str, Page] = {}
    for scene in scenes:
        page = pages.get(scene.who) or pages.setdefault(scene.who, session(browser, site, scene.who, width))
        if amiss := opened(page, site.address, scene):
            said.append(f"{scene.name} at {width} px {amiss}.")
        if scene.act is not None:
            scene.act(page)
        page.wait_for_load_state("networkidle")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            said.append(f"{scene.name} at {width} px is wider than its window.")
        size = _take(page, scene.part, FOLDER / f"{scene.name}-{width}.webp", width)
        say(f"  {scene.name}-{width}  {size // 1024} kB")
    for page in pages.values():
        page.context.close()
    return said


def opened(page: Page, address: str, scene: Scene) -> str:
    """Goes to the scene; what it answered, "" where that is as it should be."""
    answer = page.goto(address + scene.path)
    status = answer.status if answer is not None else None
    return "" if status == scene.status else f"answered {status}"


def session(browser: Browser, site: Site, who: str, width: int, theme: Theme = "light") -> Page:
    """A page of its own, signed in as `who` ("nobody" for a visitor)."""
    size: ViewportSize = {"width": width, "height": 844 if width < 500 else 900}
    context = browser.new_context(viewport=size, color_scheme=theme)
    page = context.new_page()
    if who in LOGINS:
        page.goto(site.address + LOGINS[who])
        page.get_by_label("E-mail").fill(f"{who}@example.com")
        page.get_by_label("Password", exact=True).fill(getattr(site.demo, who, PASSWORD))
        with page.expect_navigation():
            page.keyboard.press("Enter")
    return page


def _take(page: Page, part: str, file: Path, width: int) -> int:
    """That part of the page, down to LONGEST; Playwright itself knows no WebP. Returns the bytes."""
    x, y, wide, high = page.evaluate(PLACE, part)
    clip = {"x": x, "y": y, "width": wide, "height": min(high, LONGEST[width]), "scale": 1}
    wanted = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    picture = page.context.new_cdp_session(page).send("Page.captureScreenshot", wanted)
    data = base64.b64decode(picture["data"])
    file.write_bytes(data)
    return len(data)
