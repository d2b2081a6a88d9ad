"""Texts in a real Chromium: whatever was written, nothing of it runs."""

from collections.abc import Iterable

from playwright.async_api import Page

from domain.markdown import render
from domain.product_texts import sanitised
from tests.browser.chromium import NEEDS_CHROMIUM, chromium
from tests.domain.markup_attacks import BREAKING_OUT, HTML, MARKDOWN
from tests.patience import PATIENCE_SECONDS

pytestmark = NEEDS_CHROMIUM

RUNNING = ("<img src=x onerror=hit()>", "<a href='java\tscript:hit()'>x</a>")
"""As they were written."""

NOTE_HITS = "() => { window.hits = 0; window.areFollowed = false; window.hit = () => { window.hits += 1; }; }"
FOLLOW_PROGRAMS = """
    () => {
        const last = document.createElement('a');
        last.href = 'javascript:void(window.areFollowed = true)';
        document.body.append(last);
        document.querySelectorAll('a').forEach((link) => link.protocol === 'javascript:' && link.click());
    }
"""


async def hits_in(page: Page, texts: Iterable[str]) -> int:
    """How often something of the texts ran that are all on the page, when links to programs are followed too."""
    await page.evaluate(NOTE_HITS)
    await page.set_content("<!doctype html>" + "".join(f"<div>{text}</div>" for text in texts))
    await page.evaluate(FOLLOW_PROGRAMS)
    await page.wait_for_function("window.areFollowed", timeout=1000 * PATIENCE_SECONDS)
    hits: int = await page.evaluate("window.hits")
    return hits


async def test_nothing_of_any_text_runs() -> None:
    texts = [render(attack).html for attack in (*HTML, *MARKDOWN, *BREAKING_OUT)]
    descriptions = [sanitised(attack) for attack in HTML]
    async with chromium() as browser:
        page = await browser.new_page()
        await page.route("**/*", lambda route: route.abort())  # so that what is loaded fails, as most attacks wish
        assert await hits_in(page, [*texts, *descriptions]) == 0
        for attack in RUNNING:
            assert await hits_in(page, [attack]) > 0, attack
