"""The GraphQL endpoint over HTTP."""

from http import HTTPStatus
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from auth.viewer import VISITOR
from resolvers.context import Context
from server.execution_metrics import Outcome
from server.explanation import ExecutorName
from server.graphiql import page_response, wants_page
from server.graphql_errors import disguised
from server.graphql_execution import Answer, Executor
from server.graphql_request import JSON, RequestRefusedError, media_type_for, read_request
from server.http_caching import CacheRules, is_not_modified
from server.settings import Settings


class GraphQLEndpoint:
    """Answers GraphQL requests; a browser that opens the address gets GraphiQL."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self._executor = executor
        self._settings = settings
        self._caching = CacheRules(settings.cache_max_age_seconds, settings.cache_stale_seconds)
        self._requests = executor.metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if self._settings.shows_graphiql and wants_page(request):
            return page_response()
        media_type = JSON
        try:
            media_type = media_type_for(request.headers.get("accept"))
            asked = await read_request(request, self._settings.max_body_bytes)
            engine: AsyncEngine = request.app.state.engine
            async with Context(engine, VISITOR) as context:
                run = self._executor.explain if asked.explain else self._executor.run
                answer = await run(asked, context)
        except RequestRefusedError as refused:
            self._requests[ExecutorName.NONE, Outcome.REFUSED] += 1
            return _refusal(refused, media_type)
        except Exception as unexpected:  # noqa: BLE001 - the edge, where every error becomes an answer
            answer = Answer([disguised(unexpected)])
        self._requests[answer.executor, answer.outcome()] += 1
        response = _respond(answer, media_type)
        if request.method in {"GET", "HEAD"}:
            headers = self._caching.headers(answer, VISITOR, request.headers, media_type, bytes(response.body))
            response.headers.update(headers)
        return _unless_known(request, response)


def _unless_known(request: Request, response: Response) -> Response:
    """The response, or 304 without a body when the client has it already."""
    if not is_not_modified(request.headers.getlist("if-none-match"), response.headers.get("etag")):
        return response
    kept = {name: response.headers[name] for name in ("Cache-Control", "ETag", "Vary")}
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)


def _respond(answer: Answer, media_type: str) -> Response:
    status = answer.status()
    if media_type == JSON and status is HTTPStatus.BAD_REQUEST:
        status = HTTPStatus.OK
    return _json(answer.body(), status, media_type)


def _refusal(refused: RequestRefusedError, media_type: str) -> Response:
    error = {"message": refused.message, "extensions": {"code": refused.code}}
    response = _json({"errors": [error]}, refused.status, media_type)
    response.headers.update(refused.headers)
    return response


def _json(body: dict[str, Any], status: HTTPStatus, media_type: str) -> Response:
    headers = {"Cache-Control": "no-store", "Vary": "Accept", "X-Content-Type-Options": "nosniff"}
    return Response(orjson.dumps(body), status, headers, f"{media_type}; charset=utf-8")
