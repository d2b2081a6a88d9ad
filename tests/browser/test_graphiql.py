"""GraphiQL at /graphql in a real Chromium: from our own files, under its policy, with everything it offers."""

import asyncio
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, cast
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Locator, Page, ViewportSize, expect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.browser.chromium import NEEDS_CHROMIUM, chromium
from tests.patience import PATIENCE_SECONDS
from tests.server.websockets.talking import until

WINDOW: ViewportSize = {"width": 1440, "height": 900}
PATIENCE_MILLISECONDS = 1000 * PATIENCE_SECONDS

REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`Blocked by ${event.violatedDirective}: ${event.blockedURI}`));
"""

ANNOUNCED_POST = text("""
    WITH post AS (SELECT id, title FROM posts WHERE status = 'PUBLISHED' AND published_at <= now() LIMIT 1)
    SELECT title FROM post, LATERAL pg_notify('merkato_events', 'post_published:' || post.id)
""")
"""Says that a post of the demo shop has come out, without a change; gives its title."""

pytestmark = NEEDS_CHROMIUM


class Example(TypedDict):
    """What /graphiql/examples.json gives for each operation."""

    name: str
    description: str
    document: str
    variables: dict[str, object]


@dataclass(slots=True)
class Visit:
    """One visit to the page by a browser that has never seen it, and what it gave rise to."""

    page: Page
    origin: str
    requested: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def record(self) -> None:
        """Keep every request and every complaint of the page, from now on."""
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("requestfailed", lambda request: self.problems.append(f"Failed: {request.url}"))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self.problems.extend(complaint(message)))

    @property
    def foreign(self) -> list[str]:
        """The requests that went to any other place than the server."""
        return [url for url in self.requested if not url.startswith((f"{self.origin}/", "data:"))]

    @property
    def operation(self) -> Locator:
        """The editor of the operation."""
        return self.page.get_by_role("region", name="Operation Editor")

    @property
    def response(self) -> Locator:
        """The last answer."""
        return self.page.get_by_role("region", name="Result Window")

    @property
    def tabs(self) -> Locator:
        """The titles of the tabs."""
        return self.page.locator(".graphiql-tab-button")

    async def until_ready(self) -> None:
        """Wait for both editors: before they are there GraphiQL drops what is asked of them."""
        await expect(self.operation.locator(".mtk1").first).to_be_visible(timeout=PATIENCE_MILLISECONDS)
        editor = self.response.locator(".monaco-editor").first
        await expect(editor).to_be_attached(timeout=PATIENCE_MILLISECONDS)

    async def until_requested(self, names: set[str]) -> None:
        """Wait until files whose names begin so were asked for."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not names <= {Path(urlsplit(url).path).name.split("-")[0] for url in self.requested}:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)

    async def run(self) -> None:
        """Press the play button."""
        await self.page.get_by_role("button", name="Execute query").click()

    async def type_operation(self, text: str) -> None:
        """Replace the operation by a text typed key by key."""
        await self.operation.locator(".view-lines").click()
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.press("Delete")
        await self.page.keyboard.type(text, delay=30)


def complaint(message: ConsoleMessage) -> list[str]:
    """Give the text of a warning or an error, and nothing for anything less."""
    return [message.text] if message.type in {"error", "warning"} else []


@asynccontextmanager
async def visit(live_server: str) -> AsyncIterator[Visit]:
    """Open GraphiQL; afterwards prove that nothing was blocked, failed or asked for elsewhere."""
    async with chromium() as browser:
        page = await browser.new_page(viewport=WINDOW)
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        expect.set_options(timeout=PATIENCE_MILLISECONDS)
        await page.add_init_script(REPORT_VIOLATIONS)
        opened = Visit(page, live_server.rstrip("/"))
        opened.record()
        response = await page.goto(f"{opened.origin}/graphql")
        assert response is not None
        assert "default-src 'none'" in response.headers["content-security-policy"]
        await opened.until_ready()
        yield opened
        assert opened.problems == []
        assert opened.foreign == []


async def read_examples(visited: Visit) -> list[Example]:
    """Ask the server for its examples."""
    answer = await visited.page.request.get(f"{visited.origin}/graphiql/examples.json")
    return cast("list[Example]", await answer.json())


async def read_query_fields(visited: Visit) -> list[str]:
    """Ask the server for the fields of its query type that are not deprecated, in order."""
    query = "{ __schema { queryType { fields { name } } } }"
    answer = await visited.page.request.post(f"{visited.origin}/graphql", data={"query": query})
    return [field["name"] for field in (await answer.json())["data"]["__schema"]["queryType"]["fields"]]


def png_size(picture: bytes) -> ViewportSize:
    """Read the size from a PNG's first chunk."""
    width, height = struct.unpack(">II", picture[16:24])
    return {"width": width, "height": height}


async def test_page_loads_its_workers_and_fonts_from_the_server_alone(live_server: str) -> None:
    async with visit(live_server) as visited:
        await expect(visited.page).to_have_title("Merkato")
        await expect(visited.page.locator(".graphiql-logo")).to_have_text("Merkato")
        await visited.until_requested({"editor.worker", "json.worker", "graphql.worker", "roboto", "fira", "codicon"})


async def test_first_visit_shows_the_first_example_and_answers_it_at_once(live_server: str, tmp_path: Path) -> None:
    screenshot = Path(os.environ.get("MERKATO_SCREENSHOT") or tmp_path / "graphiql.png")

    async with visit(live_server) as visited:
        first = (await read_examples(visited))[0]
        await expect(visited.tabs).to_have_text([first["name"]])
        await visited.run()

        await expect(visited.response).to_contain_text('"data"')
        await expect(visited.response).not_to_contain_text('"errors"')
        await visited.page.wait_for_load_state("networkidle")
        picture = await visited.page.screenshot(path=screenshot)
        await visited.page.get_by_role("button", name="Show History").click()
        history = visited.page.get_by_role("region", name="History")
        await expect(history.get_by_role("button", name="Set active")).to_have_text([first["name"]])
    assert png_size(picture) == WINDOW


async def test_examples_are_listed_filtered_and_opened(live_server: str) -> None:
    async with visit(live_server) as visited:
        examples = await read_examples(visited)
        panel = visited.page.get_by_role("region", name="Examples")
        listed = panel.locator(".merkato-example-name")
        await expect(listed).to_have_text([example["name"] for example in examples])

        wanted = examples[-1]
        await panel.get_by_role("searchbox").fill(wanted["name"])
        await expect(listed).not_to_have_count(len(examples))
        await listed.get_by_text(wanted["name"], exact=True).click()

        await expect(visited.operation).to_contain_text(wanted["name"])
        await expect(visited.tabs).to_have_text([wanted["name"]])


async def test_example_leaves_an_edited_tab_alone(live_server: str) -> None:
    async with visit(live_server) as visited:
        example = (await read_examples(visited))[0]
        await visited.type_operation("query Mine { __typename")
        await expect(visited.tabs).to_have_text(["Mine"])

        await visited.page.locator(".merkato-example").first.click()

        await expect(visited.tabs).to_have_text(["Mine", example["name"]])


async def test_docs_explorer_shows_the_fields_of_the_query_type(live_server: str) -> None:
    async with visit(live_server) as visited:
        fields = await read_query_fields(visited)
        await visited.page.get_by_role("button", name="Show Documentation Explorer").click()
        docs = visited.page.get_by_role("region", name="Documentation Explorer")
        await docs.get_by_role("link", name="Query", exact=True).click()

        await expect(docs.locator(".graphiql-doc-explorer-field-name")).to_have_text(fields)


async def test_editor_suggests_the_fields_of_the_schema(live_server: str) -> None:
    async with visit(live_server) as visited:
        field_name = (await read_query_fields(visited))[0]
        await expect(visited.operation.locator(".mtk1").first).to_be_visible()
        await visited.page.wait_for_load_state("networkidle")
        await visited.type_operation("{ " + field_name[:-1])

        suggestion = visited.page.locator(".suggest-widget .monaco-list-row").filter(has_text=field_name)
        await expect(suggestion.first).to_be_visible()
        await visited.page.keyboard.press("Escape")


async def test_request_headers_are_sent_and_never_stored(live_server: str) -> None:
    async with visit(live_server) as visited:
        page = visited.page
        await expect(page.get_by_role("region", name="Variables")).to_be_visible()
        await page.get_by_role("button", name="Headers").click()
        headers = page.get_by_role("region", name="Headers")
        await headers.locator(".graphiql-editor:not(.hidden) .view-lines").click()
        await page.keyboard.insert_text('{"x-probe": "only-on-the-wire"}')
        # The editor hands its text to the tab, and so to the history, half a second after the last key.
        await page.wait_for_timeout(1500)

        async with page.expect_request(lambda request: request.method == "POST") as sent:
            await visited.run()
        await expect(visited.response).to_contain_text('"data"')
        await page.reload()
        await expect(visited.tabs).to_have_count(1)

        assert (await sent.value).headers["x-probe"] == "only-on-the-wire"
        stored = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage, url: location.href})")
        assert "graphiql:queries" in stored
        assert "only-on-the-wire" not in stored


async def test_subscription_shows_what_comes_in(live_server: str, demo_engine: AsyncEngine) -> None:
    async with visit(live_server) as visited:
        panel = visited.page.get_by_role("region", name="Examples")
        await panel.get_by_role("searchbox").fill("PostPublished")
        await panel.locator(".merkato-example-name").get_by_text("PostPublished", exact=True).click()
        await expect(visited.tabs).to_have_text(["PostPublished"])
        await visited.run()
        await until(visited.origin, "subscriptions post_published", 1)
        async with demo_engine.begin() as connection:
            title = await connection.scalar(ANNOUNCED_POST)

        await expect(visited.response).to_contain_text(title)
        await visited.page.get_by_role("button", name="Stop query").click()
        await until(visited.origin, "subscriptions post_published", 0)
