"""The life of an account over HTTP, with the documents that frontends send and the letters that people get."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.auth.accounts import last_token, letters
from tests.signed_in import Door, open_door

DOCUMENTS = Path(__file__).parents[2] / "queries"
EMAIL, PASSWORD, OTHER_PASSWORD = "hana@example.com", "a long and quiet evening", "eleven goats on a hill"
WHO = "{ viewer { email sessions { nodes { id endReason userAgent } } } }"


@dataclass(frozen=True, slots=True)
class Device:
    """A browser: what it is called, and what it keeps of its session."""

    door: Door
    name: str
    tokens: dict[str, str]

    def send(self, name: str, **given: Any) -> Any:
        """The result of the mutation in `queries/`, without errors."""
        document = (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")
        body = self._post({"query": document, "variables": {"input": given}})
        assert "errors" not in body, body["errors"]
        (result,) = body["data"].values()
        if result["__typename"] == "SignedIn":
            self.tokens.update(access=result["accessToken"], refresh=result["refreshToken"])
        return result

    def viewer(self) -> Any:
        """Who it is signed in as."""
        return self._post({"query": WHO})["data"]["viewer"]

    def _post(self, body: dict[str, Any]) -> Any:
        headers = {"user-agent": self.name}
        if "access" in self.tokens:
            headers["authorization"] = f"Bearer {self.tokens['access']}"
        return self.door.http.post("/graphql", json=body, headers=headers).json()


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    """A server on an empty shop."""
    with open_door(database_url) as door:
        yield door


async def signed_up(engine: AsyncEngine, device: Device) -> None:
    """Make an account and open the letter."""
    given = {"email": EMAIL, "password": PASSWORD, "firstName": "Hana", "lastName": "Bekele"}
    assert device.send("SignUp", **given) == {"__typename": "Done"}
    assert device.send("VerifyEmail", token=await last_token(engine)) == {"__typename": "Done"}


async def test_account_from_its_sign_up_to_another_password(door: Door, engine: AsyncEngine) -> None:
    phone, laptop = Device(door, "phone", {}), Device(door, "laptop", {})

    await signed_up(engine, phone)
    signed_in = phone.send("SignIn", email=EMAIL, password=PASSWORD)
    assert signed_in["account"]["email"] == EMAIL
    assert phone.viewer()["email"] == EMAIL

    assert phone.send("RefreshSession", refreshToken=phone.tokens["refresh"])["__typename"] == "SignedIn"
    assert laptop.send("SignIn", email=EMAIL, password=PASSWORD)["__typename"] == "SignedIn"
    sessions = phone.viewer()["sessions"]["nodes"]
    assert [(session["userAgent"], session["endReason"]) for session in sessions] == [("laptop", None), ("phone", None)]

    ended = phone.send("RevokeSession", id=sessions[0]["id"])
    assert (ended["__typename"], ended["endReason"]) == ("Session", "REVOKED")
    assert phone.send("RevokeSession", id=sessions[0]["id"])["__typename"] == "SessionNotFound"
    assert laptop.send("RefreshSession", refreshToken=laptop.tokens["refresh"])["__typename"] == "SessionEnded"

    assert phone.send("RequestPasswordReset", email=EMAIL) == {"__typename": "Done"}
    token = await last_token(engine)
    assert phone.send("ResetPassword", token=token, newPassword=OTHER_PASSWORD) == {"__typename": "Done"}
    assert phone.send("ResetPassword", token=token, newPassword=PASSWORD)["__typename"] == "TokenRefused"
    assert phone.send("RefreshSession", refreshToken=phone.tokens["refresh"])["__typename"] == "SessionEnded"
    assert laptop.send("SignIn", email=EMAIL, password=OTHER_PASSWORD)["__typename"] == "SignedIn"
    assert laptop.send("SignOut", refreshToken=laptop.tokens["refresh"]) == {"__typename": "Done"}
    assert laptop.send("RefreshSession", refreshToken=laptop.tokens["refresh"])["__typename"] == "SessionEnded"


async def test_password_and_address_are_changed_by_whoever_knows_the_password(door: Door, engine: AsyncEngine) -> None:
    phone = Device(door, "phone", {})
    await signed_up(engine, phone)
    phone.send("SignIn", email=EMAIL, password=PASSWORD)

    wrong = phone.send("ChangePassword", currentPassword="not this one", newPassword=OTHER_PASSWORD)
    assert wrong == {"__typename": "WrongPassword", "message": "The current password is wrong."}
    weak = phone.send("ChangePassword", currentPassword=PASSWORD, newPassword="password1")
    assert weak["fields"][0]["path"] == ["input", "newPassword"]

    other = Device(door, "phone", {})
    wait = other.send("SignIn", email=EMAIL, password="not this one")
    assert wait["__typename"] == "InvalidCredentials"
    again = other.send("SignIn", email=EMAIL, password=PASSWORD)
    assert (again["__typename"], again["retryAfterSeconds"]) == ("TooManyAttempts", 1)


async def test_sign_up_tells_nobody_whether_there_is_an_account(door: Door, engine: AsyncEngine) -> None:
    device = Device(door, "phone", {})
    await signed_up(engine, device)
    given = {"email": EMAIL.upper(), "password": OTHER_PASSWORD, "firstName": "M", "lastName": "A"}
    answer = device.send("SignUp", **given)
    assert answer["__typename"] in {"Done", "TooManyAttempts"}
    assert device.send("RequestPasswordReset", email="nobody@example.com") == {"__typename": "Done"}
    assert {letter["to"] for letter in await letters(engine)} == {EMAIL}


def test_aliases_are_counted_each(door: Door) -> None:
    attempt = 'signIn(input: {email: "hana@example.com", password: "guess"}) { __typename }'
    document = "mutation { " + " ".join(f"a{number}: {attempt}" for number in range(4)) + " }"
    answers = door.http.post("/graphql", json={"query": document}).json()["data"].values()
    assert [answer["__typename"] for answer in answers] == ["InvalidCredentials", *["TooManyAttempts"] * 3]
