"""Who may keep an answer to a GET, and for how long: Cache-Control, ETag and Vary, and 304 for whoever has it already.

Source of the rules: RFC 9110, sections 8.8.3, 12.5.5 and 13.1.2, RFC 9111, and RFC 5861 for stale-while-revalidate.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from auth.viewer import Viewer
from auth.visibility import PUBLIC_TABLES
from compiler.plan import Plan
from server.graphql_execution import Answer
from server.response_cache import TIMED_SECONDS

IDENTITY_HEADERS = ("Authorization", "Preview-Token")
"""The headers that tell who asks. Whatever else a viewer is ever made from, such as a cookie, belongs here.

Guest-Token does not: guests get the answers of visitors, but for those that are private anyway.
"""

VARY = ", ".join(("Accept", *IDENTITY_HEADERS, "Origin"))
"""Origin, because the answer to a page of another origin says whether it may read it."""
VARY_OF_PRIVATE = f"{VARY}, Guest-Token"
PRIVATE = "private, no-store"

_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


@dataclass(frozen=True, slots=True)
class CacheRules:
    """For how long answers that anybody may see are kept outside this process."""

    max_age_seconds: int
    stale_seconds: int
    """How much longer a kept answer may be handed out while a new one is fetched."""

    def headers(
        self, answer: Answer, viewer: Viewer, asked: Mapping[bytes, bytes], media_type: str, body: bytes
    ) -> dict[str, str]:
        """The headers of an answer to a GET; `asked` are those of the request, by their names in lower case."""
        plan = _public_plan(answer, viewer, asked)
        if plan is None:
            return {"Cache-Control": PRIVATE, "Vary": VARY_OF_PRIVATE}
        return {"Cache-Control": self._control(plan), "ETag": entity_tag(media_type, body), "Vary": VARY}

    def _control(self, plan: Plan) -> str:
        """Whatever depends on the time changes without a change of its rows, so it is kept as shortly as in here."""
        seconds = min(self.max_age_seconds, int(TIMED_SECONDS)) if plan.depends_on_time else self.max_age_seconds
        if not seconds:
            return "public, no-cache"
        if plan.depends_on_time or not self.stale_seconds:
            return f"public, max-age={seconds}"
        return f"public, max-age={seconds}, stale-while-revalidate={self.stale_seconds}"


def _public_plan(answer: Answer, viewer: Viewer, asked: Mapping[bytes, bytes]) -> Plan | None:
    """The plan of an answer that is the same for everybody; None for any other, which nobody else may keep.

    This is the only place that decides it. A viewer with an account or with any grant is never a visitor, and whoever
    sends credentials is none either, even if they were not understood. A guest is one, unless the plan asks which one.
    Without a plan nothing is known about what the answer was made from; one with errors is best asked for again, and
    extensions tell of this one request.
    """
    if not viewer.is_anonymous or viewer.preview is not None:
        return None
    if any(name.lower().encode() in asked for name in IDENTITY_HEADERS):
        return None
    bound = answer.bound
    if bound is None or answer.errors or answer.extensions:
        return None
    if bound.plan.is_for_guests or not bound.plan.tables <= PUBLIC_TABLES:
        return None
    return bound.plan


def entity_tag(media_type: str, body: bytes) -> str:
    """A weak tag, which stays what it is when a proxy compresses the body; each media type has its own."""
    digest = blake2b(body, digest_size=16, person=blake2b(media_type.encode(), digest_size=16).digest()).digest()
    return f'W/"{urlsafe_b64encode(digest).rstrip(b"=").decode()}"'


def is_not_modified(if_none_match: Sequence[str], tag: str | None) -> bool:
    """Whether the client that sends these If-None-Match headers has what carries this tag.

    Tags are compared weakly; `*` is any.
    """
    if tag is None:
        return False
    listed = ",".join(if_none_match)
    return listed.strip() == "*" or tag.removeprefix("W/") in _ENTITY_TAG.findall(listed)
