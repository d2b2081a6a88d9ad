"""Buyers who speak with a server as a shop's front end does: with the documents of `queries/`, and a guest's token."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from resolvers.ids import encode_id

QUERIES = Path(__file__).parents[1] / "queries"

Json = dict[str, Any]


def read_document(name: str) -> str:
    """A document of `queries/`."""
    return (QUERIES / f"{name}.graphql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody with a browser, which keeps what it is told to send."""

    http: httpx.AsyncClient
    headers: Mapping[str, str] = field(default_factory=dict)

    async def post(self, query: str, variables: Json | None = None) -> Json:
        """The body of an answer."""
        body = {"query": query, "variables": variables or {}}
        response = await self.http.post("/graphql", json=body, headers=dict(self.headers))
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def send(self, document: str, **given: Any) -> Json:
        """What becomes of a mutation."""
        body = await self.post(read_document(document), {"input": given} if given else {})
        assert "errors" not in body, body
        ((result),) = body["data"].values()
        return dict(result)

    async def add(self, *lines: Json) -> Json:
        """What becomes of adding to the cart."""
        return await self.send("AddToCart", lines=list(lines))

    async def cart(self) -> Any:
        """The cart as its page shows it."""
        body = await self.post(read_document("Cart"))
        assert "errors" not in body, body
        return body["data"]["cart"]

    def with_token(self, token: str) -> "Buyer":
        """The same, as a guest."""
        return replace(self, headers={**self.headers, "guest-token": token})

    async def as_guest(self, *lines: Json) -> "Buyer":
        """The same with a cart."""
        added = await self.add(*lines)
        return self.with_token(added["guestToken"])


def of(variant: UUID, quantity: int = 1, /, **customization: Any) -> Json:
    """A line to add."""
    line: Json = {"variantId": encode_id("ProductVariant", variant), "quantity": quantity}
    return line | ({"customization": customization} if customization else {})
