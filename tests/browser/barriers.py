"""What axe finds on pages, in both themes and at both widths.

The two other pairs of theme and width are `make inspect`'s: colours do not depend on the width, nor sizes
on the theme.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Theme = Literal["light", "dark"]

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
BEST = (*WCAG, "best-practice")
WIDTHS = (1280, 390)
THEMES: tuple[Theme, ...] = ("light", "dark")
# Each width and each theme once.
LOOKS: tuple[tuple[int, Theme], ...] = tuple(zip(WIDTHS, THEMES, strict=True))
# Resolves once no colour is changing any more; a change that is cut off is over, too.
SETTLED = """async () => {
    await new Promise(requestAnimationFrame);
    await Promise.allSettled(document.getAnimations().map((each) => each.finished));
}"""

# What stays before the page's other parts while they move: one bar may, that of a lead's answers on a phone.
LAID_OVER = """() => [...document.querySelectorAll("body *")]
    .filter((each) => getComputedStyle(each).position === "fixed" && each.getClientRects().length)
    .filter((each) => !each.matches(".in-reach, dialog"))
    .map((each) => each.className || each.localName)"""


def judged(page: Page, tags: Sequence[str] = WCAG, context: Mapping[str, Any] | None = None) -> AxeResults:
    """axe's verdict on the page as it stands; `context` as axe takes it."""
    # Without its preload, for which axe adds a style that our policy refuses.
    options = {"runOnly": {"type": "tag", "values": list(tags)}, "preload": False}
    return Axe().run(page, context=context, options=options)


def no_barriers(page: Page, names: Iterable[str], tags: Sequence[str] = WCAG) -> None:
    """Fails with what is found on any of the pages that `names` opens one after another.

    Each is looked at as it was opened, without loading it again. It must not be wider than its window, and
    nothing may lie over it.
    """
    faults = {}
    for name in names:
        size = page.viewport_size
        for width, theme in LOOKS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            # Django's own links change their colour slowly.
            page.evaluate(SETTLED)
            result = judged(page, tags)
            if result.violations_count:
                faults[f"{name}, {width} px, {theme}"] = result.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            assert page.evaluate(LAID_OVER) == [], (name, width)
        if size is not None:
            page.set_viewport_size(size)
    assert faults == {}, "\n".join(faults.values())
