"""What a page must bear without scrolling sideways or cutting words off: zoom, large text, long words."""

from collections.abc import Iterator

from playwright.sync_api import Page

ZOOMED = {"width": 640, "height": 450}  # what 200 % leave of 1280 by 900
WIDER = "document.documentElement.scrollWidth > innerWidth"
LARGER = "document.documentElement.style.fontSize = '200%'"
NORMAL = "document.documentElement.style.fontSize = ''"
# Each word of the page by two fifths longer, as another language might have it; values are left alone.
LONGER = r"""() => {
    const values = "script, style, textarea, pre, code, bdi, time, .mono, .sr-only";
    const longer = (word) => word + "wordword".slice(0, Math.ceil(word.length * 0.4));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode;
        if (!text.parentElement.closest(values)) text.data = text.data.replace(/\p{L}{3,}/gu, longer);
    }
}"""
# Elements that hide a part of their own words; those that say so by “…” or are read out alone may.
CUT = """() => {
    const hides = (way) => way === "hidden" || way === "clip";
    const worded = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const cut = (each) => {
        const { overflowX, overflowY, textOverflow } = getComputedStyle(each);
        return textOverflow !== "ellipsis" && (
            hides(overflowX) && each.scrollWidth > each.clientWidth + 1
            || hides(overflowY) && each.scrollHeight > each.clientHeight + 1
        );
    };
    return [...document.querySelectorAll("body *")]
        .filter((each) => each.clientWidth > 1 && each.checkVisibility() && worded(each) && cut(each))
        .slice(0, 3)
        .map((each) => `${each.tagName}.${each.className}: ${each.textContent.trim().slice(0, 40)}`);
}"""


def strained(page: Page) -> Iterator[str]:
    """What is amiss; the page is of no use afterwards."""
    size = page.viewport_size
    if size is not None and size["width"] > ZOOMED["width"]:
        page.set_viewport_size({"width": ZOOMED["width"], "height": ZOOMED["height"]})
        yield from _amiss(page, "at 200 %")
        page.set_viewport_size(size)
        page.evaluate(LARGER)
        yield from _amiss(page, "with text twice as large")
        page.evaluate(NORMAL)
    page.evaluate(LONGER)
    yield from _amiss(page, "with longer words")


def _amiss(page: Page, how: str) -> Iterator[str]:
    if page.evaluate(WIDER):
        yield f"is wider than its window {how}"
    for words in page.evaluate(CUT):
        yield f"cuts off {how}: {words}"
