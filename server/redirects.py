"""Old links over HTTP: /r/ before a path of the front end leads to where the thing is now, in one step.

For front ends and edges that cannot ask `resolvePath`: they send whoever asks for an unknown page here.
"""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from models import Shop
from models.shop import SHOP_ID
from resolvers.loading import load_row
from resolvers.paths import PathStatus, resolve_path
from server.visiting import Visiting

KEPT = {"Cache-Control": "public, max-age=300"}
"""A slug may be given to something else, so that what browsers keep for ever would lead astray."""


@dataclass(frozen=True, slots=True)
class Redirects:
    """Answers those who follow old links."""

    visiting: Visiting

    def routes(self) -> list[Route]:
        """One for all paths."""
        return [Route("/r/{path:path}", self.answer)]

    async def answer(self, request: Request) -> Response:
        """301 to where the path leads, with the query as it was; 404 where a visitor sees nothing."""
        async with self.visiting() as context:
            resolved = await resolve_path(context, quote(f"/{request.path_params['path']}"))
            if resolved.status is PathStatus.MISSING:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            shop: Shop = await load_row(context, Shop, "id", SHOP_ID)
        query = f"?{request.url.query}" if request.url.query else ""
        target = f"{shop.site_url or ''}{resolved.path}{query}"
        return Response(status_code=HTTPStatus.MOVED_PERMANENTLY, headers={"Location": target, **KEPT})
