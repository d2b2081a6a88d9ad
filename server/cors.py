"""What pages of other origins may ask for. Browsers are refused in JSON, as everybody is."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from typing_extensions import override

from server.refusals import RefusalCode, refusal

REFUSED = "Pages of this origin may not send such a request. CORS_ORIGINS says which origins may."


class CrossOriginMiddleware(CORSMiddleware):
    """Starlette's, which would refuse in plain text."""

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks before it sends."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:  # noqa: PLR2004 - where refusals begin
            return answer
        body = refusal(RefusalCode.FORBIDDEN_ORIGIN, REFUSED)
        kept = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
        return Response(body, answer.status_code, kept, "application/json")
