"""Sign-in with an identity provider over HTTP, with the documents that frontends send."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from models import ExternalIdentity
from tests.openid_provider import REDIRECT, add_person, agree, running_provider
from tests.signed_in import Door, Headers, open_door
from tests.statements import count_rows

DOCUMENTS = Path(__file__).parents[2] / "queries"


def send(door: Door, name: str, headers: Headers | None = None, **given: Any) -> Any:
    """The result of the document in `queries/`, without errors."""
    document = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")
    answer = door.http.post("/graphql", json={"query": document, "variables": {"input": given}}, headers=headers)
    body = answer.json()
    assert "errors" not in body, body["errors"]
    (result,) = body["data"].values()
    return result


async def test_people_sign_in_with_the_provider_of_the_settings(database_url: str, engine: AsyncEngine) -> None:
    with running_provider() as issuer:
        add_person(issuer, "selam", email="selam@example.com", email_verified=True, given_name="Selam")
        configured: dict[str, Any] = {
            "openid_issuer": issuer,
            "openid_client_id": "shop",
            "openid_client_secret": SecretStr("secret"),
            "openid_label": "Habesha ID",
        }
        with open_door(database_url, **configured) as door:
            assert send(door, "IdentityProviders") == [{"kind": "OPENID", "label": "Habesha ID"}]
            elsewhere = send(door, "BeginExternalSignIn", provider="OPENID", redirectUri="https://evil.example/")
            assert [field["path"] for field in elsewhere["fields"]] == [["input", "redirectUri"]]

            begun = send(door, "BeginExternalSignIn", provider="OPENID", redirectUri=REDIRECT)
            state, code = agree(begun["url"], "selam")
            back = {"token": begun["token"], "state": state, "code": code}
            signed_in = send(door, "CompleteExternalSignIn", **back)
            again = send(door, "CompleteExternalSignIn", **back)
            headers = {"authorization": f"Bearer {signed_in['accessToken']}"}
            asked = {"query": "{ viewer { email identities { id provider } } }"}
            viewer = door.http.post("/graphql", json=asked, headers=headers).json()["data"]["viewer"]
            unlinked = send(door, "UnlinkIdentity", headers, id=viewer["identities"][0]["id"])
            gone = send(door, "UnlinkIdentity", headers, id=viewer["identities"][0]["id"])

    assert (signed_in["__typename"], signed_in["account"]["firstName"]) == ("SignedIn", "Selam")
    assert again["__typename"] == "TokenRefused"
    assert (viewer["email"], viewer["identities"][0]["provider"]) == ("selam@example.com", "OPENID")
    assert (unlinked["__typename"], gone["__typename"]) == ("Done", "IdentityNotFound")
    assert await count_rows(engine, ExternalIdentity) == 0
