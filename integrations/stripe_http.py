"""How Stripe's library reaches Stripe: over httpx2, once for each call, within a time."""

from collections.abc import Mapping
from typing import Any, ClassVar

import httpx2
import stripe
from typing_extensions import override

from integrations.certificates import trusted_authorities


class StripeTransport(stripe.HTTPClient):
    """One HTTP client for all calls. It tries nothing again: whether a call was carried out must not be hidden."""

    name: ClassVar[str] = "httpx2"

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__()
        self._client = httpx2.AsyncClient(verify=trusted_authorities(), timeout=timeout_seconds, trust_env=False)

    @override
    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """The answer, whole. Raises stripe.APIConnectionError when there is none."""
        try:
            answer = await self._client.request(method, url, headers=dict(headers), content=_encoded(post_data))
        except httpx2.HTTPError as error:
            away = stripe.APIConnectionError(f"Stripe does not answer: {error!r}")  # type: ignore[no-untyped-call]
            raise away from error
        return answer.content, answer.status_code, answer.headers

    @override
    async def close_async(self) -> None:
        """Close what is open."""
        await self._client.aclose()


def _encoded(post_data: Any) -> bytes | None:
    return post_data.encode() if isinstance(post_data, str) else post_data
