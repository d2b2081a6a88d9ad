"""GraphiQL: its page, its assets, and the operations of `queries/` as ready examples."""

import re
from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.http_messages import HttpRequest

STATIC = Path(__file__).parent / "static" / "graphiql"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""`'unsafe-inline'` for styles alone: the Monaco editor writes style elements and attributes while it runs."""

FRONT_PAGE = "FeaturedProducts.graphql"
"""What a first visit shows."""

NAMES_OF_DOCUMENTS = frozenset({"query", "documentId", "extensions"})
"""The parameters of an address that asks for data."""

ONE_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Example:
    """An operation to try, with the variables that go with it."""

    name: str
    description: str
    document: str
    variables: dict[str, object]


def wants_page(request: HttpRequest) -> bool:
    """Whether a browser opened the address to read, rather than a client that queries it."""
    asked = dict(parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True))
    return b"text/html" in request.headers.get(b"accept", b"") and NAMES_OF_DOCUMENTS.isdisjoint(asked)


def page_response() -> Response:
    """GraphiQL's page."""
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-cache",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return FileResponse(STATIC / "index.html", headers=headers, media_type="text/html")


def graphiql_routes() -> list[Route | Mount]:
    """The addresses that the page loads from."""
    return [
        Route("/graphiql/examples.json", _answer_examples),
        Mount("/graphiql", Assets(directory=STATIC)),
    ]


class Assets(StaticFiles):
    """Built files. Those under assets/ carry a hash of their content in their name.

    Workers follow the policy of their own response, so every file carries it.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for a year if its name changes with its content."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = ONE_YEAR if path.startswith("assets/") else "no-cache"
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def read_examples() -> list[Example]:
    """The documents of `queries/` by name, the front page before all. NAME.json holds a document's variables.

    The comment at the top of a document describes it.
    """
    found = [entry for entry in files("queries").iterdir() if entry.name.endswith(".graphql")]
    return [_read_example(entry) for entry in sorted(found, key=lambda entry: (entry.name != FRONT_PAGE, entry.name))]


def _read_example(document: Traversable) -> Example:
    text = document.read_text(encoding="utf-8")
    comment = re.match(r"(?:#[^\n]*\n)*", text)
    description = " ".join(line.lstrip("# ") for line in (comment.group() if comment else "").splitlines())
    name = document.name.removesuffix(".graphql")
    variables = files("queries").joinpath(f"{name}.json")
    given = orjson.loads(variables.read_bytes()) if variables.is_file() else {}
    return Example(name, description, text, given)


async def _answer_examples(_request: Request) -> Response:
    body = orjson.dumps([asdict(example) for example in read_examples()])
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-cache"})
