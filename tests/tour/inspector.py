"""Looks at each scene in both themes at both widths: axe, the console, and where requests go.

In light it must bear zoom, large text and long words as well, see `tests.tour.strain`.

Excepted is Swagger's own part of /api/docs.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from leadflip.run.terminal import say
from tests.browser.barriers import LAID_OVER, THEMES, WIDTHS, Theme, judged
from tests.tour.camera import browsing, opened, session
from tests.tour.scene import Scene
from tests.tour.site import Site
from tests.tour.strain import strained

SWAGGER = {"api-docs": "#swagger-ui"}


def inspect(site: Site, scenes: Iterable[Scene], wanted: list[str]) -> list[str]:
    """What is amiss, a line each, by scene."""
    chosen = [scene for scene in scenes if not wanted or any(part in scene.name for part in wanted)]
    with browsing() as browser:
        return [
            fault
            for width in WIDTHS
            for theme in THEMES
            for fault in _Round(browser, site, width, theme).look(chosen)
        ]


class _Round:
    """All scenes at one width and theme, one session a person."""

    def __init__(self, browser: Browser, site: Site, width: int, theme: Theme) -> None:
        self._browser, self._site, self._width, self._theme = browser, site, width, theme
        self._pages: dict[str, Page] = {}
        self._faults: list[str] = []
        self._scene = ""

    def look(self, scenes: Iterable[Scene]) -> list[str]:
        """The faults of all scenes."""
        for scene in scenes:
            self._scene = scene.name
            self._one(scene)
        for page in self._pages.values():
            page.context.close()
        say(f"  {self._width} px, {self._theme}: {len(self._faults)} faults")
        return self._faults

    def _one(self, scene: Scene) -> None:
        page = self._pages.get(scene.who) or self._pages.setdefault(scene.who, self._person(scene.who))
        if said := opened(page, self._site.address, scene):
            self._fault(said)
        if scene.act is not None:
            scene.act(page)
        page.wait_for_load_state("networkidle")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self._fault("is wider than its window")
        for over in page.evaluate(LAID_OVER) if scene.name not in SWAGGER else ():
            self._fault(f"{over} lies over the page")
        context = {"exclude": [[SWAGGER[scene.name]]]} if scene.name in SWAGGER else None
        for broken in judged(page, context=context).response["violations"]:
            places = ", ".join(str(node["target"]) for node in broken["nodes"][:3])
            self._fault(f"{broken['id']}: {places}")
        if self._theme == THEMES[0] and scene.name not in SWAGGER:
            for words in strained(page):
                self._fault(words)

    def _person(self, who: str) -> Page:
        page = session(self._browser, self._site, who, self._width, self._theme)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._fault(str(error)))
        page.on("request", self._asked)
        page.on("response", self._answered)
        return page

    def _answered(self, response: Response) -> None:
        # Others are explained by the page; this one is no page of ours.
        if response.status >= 500:
            self._fault(f"{response.url} answered {response.status}")

    def _heard(self, message: ConsoleMessage) -> None:
        # A status that the page itself explains, such as 404, is no fault of the page.
        if message.type in ("error", "warning") and "the server responded with a status" not in message.text:
            self._fault(message.text)

    def _asked(self, request: Request) -> None:
        host = urlsplit(request.url).netloc
        if host and host != urlsplit(self._site.address).netloc:
            self._fault(f"asks {host}")

    def _fault(self, words: str) -> None:
        self._faults.append(f"{self._scene}, {self._width} px, {self._theme}: {words}")
