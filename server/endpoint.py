"""The GraphQL endpoint over HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from time import perf_counter
from types import MappingProxyType
from typing import cast

import orjson
from starlette.types import Receive, Scope, Send

from auth.viewer import VISITOR, Viewer
from auth.visits import Visit, visit_from
from compiler.errors import NotCompilableError
from compiler.plan import BoundPlan
from resolvers.context import Context
from resolvers.refresh_cookies import RefreshCookie
from server.arrival import echoing
from server.graphiql import page_response, wants_page
from server.graphql_errors import disguised
from server.graphql_execution import Answer, Executor
from server.graphql_request import (
    GRAPHQL_RESPONSE,
    JSON,
    GraphQLRequest,
    RequestRefusedError,
    from_body,
    from_query_string,
    media_type_for,
    read_body,
    require_json,
)
from server.graphql_uploads import FormReader, is_form
from server.http_caching import CacheRules, is_not_modified
from server.http_messages import NOT_MODIFIED, OK, HttpAnswer, HttpRequest, header_lines, raw_headers
from server.observation import Observation
from server.rate_limits import RateLimitedError
from server.refresh_cookies import RefreshCookies
from server.refusals import refusal
from server.request_ids import current_request_id
from server.request_memo import RequestMemo
from server.settings import AppEnvironment, Settings
from server.viewers import AUTHORIZATION, GUEST_TOKEN, PREVIEW_TOKEN, Viewers

OpenContext = Callable[[Viewer, Callable[[], Visit], RefreshCookie], Context]

NO_OTHERS: Mapping[str, str] = MappingProxyType({})
HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class GraphQLEndpoint:
    """Answers GraphQL requests; a browser that opens the address gets GraphiQL."""

    def __init__(
        self,
        executor: Executor,
        settings: Settings,
        open_context: OpenContext,
        viewers: Viewers,
        observation: Observation,
    ) -> None:
        self._executor = executor
        self._observation = observation
        self._viewers = viewers
        self._shows_graphiql = settings.shows_graphiql
        self._max_body_bytes = settings.max_body_bytes
        self._open_context = open_context
        is_secure = settings.app_env != AppEnvironment.DEVELOPMENT
        self._cookies = RefreshCookies(frozenset(settings.cors_origins), is_secure=is_secure)
        self._memo = RequestMemo()
        self._forms = FormReader(settings.upload_limits)
        self._caching = CacheRules(settings.cache_max_age_seconds, settings.cache_stale_seconds)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as ASGI has it."""
        await self.serve(HttpRequest(scope, receive), send)

    async def serve(self, request: HttpRequest, send: Send) -> None:
        """Serve one request."""
        if self._shows_graphiql and request.is_reading and wants_page(request):
            await page_response()(request.scope, request.receive, echoing(send))
            return
        answer = await self._answer(request)
        if not answer.is_written(request, send):
            await answer.send(request, send)

    async def _answer(self, request: HttpRequest) -> HttpAnswer:  # noqa: PLR0911 - one for each way to an answer
        media_type, began = JSON, perf_counter()
        try:
            media_type = media_type_for(request.header(b"accept"))
            viewer = VISITOR
            if AUTHORIZATION in request.headers or GUEST_TOKEN in request.headers or PREVIEW_TOKEN in request.headers:
                viewer = await self._viewers.viewer_of(request)
            if request.is_reading:
                answer = await self._run(from_query_string(request.query_string), request, viewer, began)
                return self._kept_by_others(request, answer, media_type, viewer)
            if is_form(request):
                async with self._forms.request_in(request) as asked:
                    return _respond(await self._run(asked, request, viewer, began), media_type)
            require_json(request, self._max_body_bytes)
            body = await read_body(request, self._max_body_bytes)
            known = self._memo.get(body, viewer)
            found = None if known is None else await self._executor.run_again(known, viewer, request.peer)
            if isinstance(found, bytes):
                self._observation.repeated(cast("BoundPlan", known), began)
                return _found(found, media_type)
            if isinstance(found, Answer):
                self._observation.answered(found, began)
                return _respond(found, media_type)
            return _respond(await self._run_new(body, request, viewer, began, found), media_type)
        except RequestRefusedError as refused:
            self._observation.refused(began)
            return _refusal(refused, media_type)
        except Exception as unexpected:  # noqa: BLE001 - the edge, where every error becomes an answer
            answer = Answer([disguised(unexpected)])
            self._observation.answered(answer, began)
            return _respond(answer, media_type)

    async def _run_new(
        self, body: bytes, request: HttpRequest, viewer: Viewer, began: float, refusal: NotCompilableError | None
    ) -> Answer:
        answer = await self._run(from_body(body), request, viewer, began, refusal)
        if answer.bound is not None and answer.extensions is None:
            self._memo.put(body, viewer, answer.bound)
        return answer

    async def _run(
        self,
        asked: GraphQLRequest,
        request: HttpRequest,
        viewer: Viewer,
        began: float,
        refusal: NotCompilableError | None = None,
    ) -> Answer:
        cookie = self._cookies.read(request)
        async with self._open_context(viewer, partial(_visit, request), cookie) as context:
            if asked.explain:
                answer = await self._executor.explain(asked, context)
            else:
                answer = await self._executor.run(asked, context, refusal=refusal)
        self._observation.answered(answer, began)
        set_cookie = self._cookies.header(cookie, datetime.now(UTC))
        return answer if set_cookie is None else replace(answer, set_cookie=set_cookie)

    def _kept_by_others(self, request: HttpRequest, answer: Answer, media_type: str, viewer: Viewer) -> HttpAnswer:
        """The answer with what caches may do with it; without a body when the client has it already."""
        response = _respond(answer, media_type)
        headers = self._caching.headers(answer, viewer, request.headers, media_type, response.body)
        if is_not_modified(request.header_lines(b"if-none-match"), headers.get("ETag")):
            return HttpAnswer(NOT_MODIFIED, raw_headers(headers))
        return HttpAnswer(response.status, _headers(media_type, headers), response.body)


def _visit(request: HttpRequest) -> Visit:
    return visit_from(datetime.now(UTC), request.peer, request.header(b"user-agent"), current_request_id())


def _respond(answer: Answer, media_type: str) -> HttpAnswer:
    if answer.encoded is not None and not answer.extensions and answer.set_cookie is None:
        return _found(answer.encoded, media_type)
    status = answer.status()
    if media_type == JSON and status is HTTPStatus.BAD_REQUEST:
        status = HTTPStatus.OK
    body = orjson.dumps(answer.body())
    if answer.set_cookie is None:
        return HttpAnswer(status, USUAL_HEADERS[media_type], body, USUAL_LINES[media_type])
    return HttpAnswer(status, [*USUAL_HEADERS[media_type], (b"set-cookie", answer.set_cookie.encode("latin-1"))], body)


def _found(data: bytes, media_type: str) -> HttpAnswer:
    return HttpAnswer(OK, USUAL_HEADERS[media_type], b'{"data":%b}' % data, USUAL_LINES[media_type])


def _refusal(refused: RequestRefusedError, media_type: str) -> HttpAnswer:
    is_well_formed = isinstance(refused, RateLimitedError)
    status = OK if is_well_formed and media_type == JSON else refused.status
    body = refusal(refused.code, refused.message, refused.details)
    return HttpAnswer(status, _headers(media_type, refused.headers), body)


def _headers(media_type: str, others: Mapping[str, str] = NO_OTHERS) -> list[tuple[bytes, bytes]]:
    headers = {"Content-Type": f"{media_type}; charset=utf-8", **HEADERS, **others}
    return raw_headers(headers)


USUAL_HEADERS = {media_type: _headers(media_type) for media_type in (JSON, GRAPHQL_RESPONSE)}
USUAL_LINES = {media_type: header_lines(headers) for media_type, headers in USUAL_HEADERS.items()}
"""The same as they are written."""
