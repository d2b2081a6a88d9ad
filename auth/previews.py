"""Previews: signed tokens whose bearer sees drafts as if they were out, for a while (decision 0051).

Nothing is stored of a token, so that none can be taken back by itself: each is short-lived, and all end with the key
that signed them. What it shows beyond what readers see are the drafts that it names; of whoever bears it, nothing else
changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from auth.signed_tokens import Signer, TokenExpiredError, TokenInvalidError
from domain.errors import DomainError

TYPE = "preview+jwt"
AUDIENCE = "merkato-preview"
LONGEST_LIFETIME: Final = timedelta(hours=24)


class PreviewedType(StrEnum):
    """What has drafts."""

    PAGE = "PAGE"
    POST = "POST"
    PRODUCT = "PRODUCT"
    SERVICE = "SERVICE"


TABLES: Final[Mapping[PreviewedType, str]] = MappingProxyType(
    {
        PreviewedType.PAGE: "pages",
        PreviewedType.POST: "posts",
        PreviewedType.PRODUCT: "products",
        PreviewedType.SERVICE: "services",
    }
)


class PreviewRefusedError(DomainError):
    """A preview token that is not ours, or not any more."""


class PreviewInvalidError(PreviewRefusedError):
    """Whatever it is, we did not write it so."""

    def __init__(self) -> None:
        super().__init__("The preview token is not valid. Make another, or leave out Preview-Token.")


class PreviewExpiredError(PreviewRefusedError):
    """It was ours, and its time is over."""

    def __init__(self) -> None:
        super().__init__("The preview token has expired. Make another, or leave out Preview-Token.")


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown as if it were out: the drafts of some tables, or of one item, or else what a release does."""

    tables: frozenset[str] = frozenset()
    item: UUID | None = None
    """Shown whatever its place; of everything else, what readers see."""
    release: UUID | None = None

    @property
    def settings(self) -> tuple[str, str, str]:
        """The tables, the item and the release in the words of the views (domain/preview_views.py)."""
        item, release = ("" if key is None else str(key) for key in (self.item, self.release))
        return ",".join(sorted(self.tables)), item, release


@dataclass(frozen=True, slots=True)
class NewPreviewToken:
    """What a client sends as `Preview-Token`, and until when."""

    text: str
    expires_at: datetime


class PreviewTokens:
    """Writes preview tokens, and reads them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._signer = Signer(keys, TYPE, AUDIENCE)

    def write(self, preview: Preview, maker_id: UUID, now: datetime, lifetime: timedelta) -> NewPreviewToken:
        """A token that shows what the preview says."""
        expires_at = (now + min(lifetime, LONGEST_LIFETIME)).replace(microsecond=0)
        tables, item, release = preview.settings
        said = {"tables": tables, "item": item, "release": release}
        return NewPreviewToken(self._signer.signed(str(maker_id), said, now, expires_at), expires_at)

    def read(self, text: str, now: datetime) -> Preview:
        """What the bearer sees. Raises PreviewRefusedError."""
        try:
            return _preview_in(self._signer.claims_of(text, now))
        except TokenExpiredError as error:
            raise PreviewExpiredError from error
        except (TokenInvalidError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise PreviewInvalidError from error


def _preview_in(claims: Mapping[str, Any]) -> Preview:
    item, release = (UUID(claims[name]) if claims[name] else None for name in ("item", "release"))
    return Preview(frozenset(claims["tables"].split(",")) & frozenset(TABLES.values()), item, release)
