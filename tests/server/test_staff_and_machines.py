"""Staff and machines over HTTP: accounts of others, and tokens that are worth their scopes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Role
from tests.auth.accounts import PASSWORD, add_account, last_token
from tests.devices import Device
from tests.safeguards import SAFEGUARDS
from tests.signed_in import Door, open_door

EVENTS = "query($id: ID) { user(id: $id) { securityLog { nodes { event isByStaff actorEmail } } } }"


@dataclass(frozen=True, slots=True)
class Office:
    """A shop, and the devices of its administrator and of a customer, who are signed in."""

    door: Door
    admin: Device
    selam: Device
    selam_id: str


@pytest.fixture
async def office(engine: AsyncEngine, database_url: str) -> AsyncIterator[Office]:
    """Both have an account."""
    await add_account(engine, SAFEGUARDS, email="boss@example.com", role=Role.ADMIN)
    await add_account(engine, SAFEGUARDS, email="selam@example.com", username="selam_t", last_name="Bekele")
    with open_door(database_url) as door:
        admin, selam = Device(door, "Office"), Device(door, "Phone")
        admin.done("SignIn", email="boss@example.com", password=PASSWORD)
        account = selam.done("SignIn", email="selam@example.com", password=PASSWORD)["account"]
        yield Office(door, admin, selam, account["id"])


def test_accounts_are_found_by_what_is_known_of_them(office: Office) -> None:
    def found(**filtered: Any) -> list[str]:
        listed = office.admin.ask("UserList", filter=filtered, sort="EMAIL_ASC")["data"]["users"]
        assert listed["totalCount"] == len(listed["nodes"])
        return [account["email"].partition("@")[0] for account in listed["nodes"]]

    assert found() == ["boss", "selam"]
    assert found(contains="SELAM_T") == ["selam"]
    assert found(contains="m bek") == ["selam"]
    assert found(contains="%") == []
    assert found(roles=["ADMIN"], isActive=True, isDeleted=False, hasSecondFactor=False) == ["boss"]
    assert found(isEmailVerified=False) == []
    assert office.selam.ask("UserList")["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_staff_changes_the_accounts_of_others(office: Office) -> None:
    admin, whom = office.admin, {"id": office.selam_id}

    assert admin.done("EndUserSessions", **whom) == {"__typename": "EndedSessions", "count": 1}
    assert office.selam.refusal("RefreshSession", refreshToken=office.selam.kept["refresh"]) == "SessionEnded"
    assert admin.done("ChangeUserRole", **whom, role="EDITOR")["role"] == "EDITOR"
    assert admin.done("DeactivateUser", **whom)["isActive"] is False
    assert office.selam.viewer("MyAccount") is None
    assert office.selam.refusal("SignIn", email="selam@example.com", password=PASSWORD) == "InvalidCredentials"
    assert admin.done("ActivateUser", **whom)["isActive"] is True
    own = admin.viewer("MyAccount")["id"]
    assert admin.refusal("ChangeUserRole", id=own, role="STAFF") == "OwnAccount"
    assert admin.refusal("DeleteMyAccount", password=PASSWORD) == "LastAdministrator"

    told = admin.post({"query": EVENTS, "variables": whom})["data"]["user"]["securityLog"]["nodes"]
    by_staff = [(entry["event"], entry["actorEmail"]) for entry in reversed(told) if entry["isByStaff"]]
    assert by_staff == [
        (event, "boss@example.com") for event in ("SESSION_ENDED", "ROLE_CHANGED", "DEACTIVATED", "ACTIVATED")
    ]


def test_owner_does_not_learn_where_the_staff_sits(office: Office) -> None:
    office.admin.done("EndUserSessions", id=office.selam_id)
    office.selam.done("SignIn", email="selam@example.com", password=PASSWORD)

    told = office.selam.viewer("MySecurity")["securityLog"]["nodes"]

    places = {entry["event"]: (entry["isByStaff"], entry["address"], entry["userAgent"]) for entry in told}
    assert places["SESSION_ENDED"] == (True, None, None)
    own = places["SIGNED_IN"]
    assert own[0] is False
    assert None not in own[1:]


async def test_invited_colleague_takes_the_account_over(office: Office, engine: AsyncEngine) -> None:
    given = {"email": "dawit@example.com", "firstName": "Dawit", "lastName": "Abebe"}
    assert office.admin.done("InviteUser", **given, role="EDITOR")["role"] == "EDITOR"
    colleague = Device(office.door, "Laptop")
    token = await last_token(engine)
    colleague.done("AcceptInvitation", token=token, newPassword="eleven goats on a hill")
    assert colleague.refusal("AcceptInvitation", token=token, newPassword=PASSWORD) == "TokenRefused"
    signed_in = colleague.done("SignIn", email="dawit@example.com", password="eleven goats on a hill")
    assert signed_in["account"]["role"] == "EDITOR"
    assert office.admin.refusal("InviteUser", **given, role="EDITOR") == "EmailTaken"


def test_machine_has_the_scopes_of_its_token_and_no_account(office: Office) -> None:
    next_month = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    terms = {"name": "Till", "scopes": ["ACCOUNTS_WRITE", "ACCOUNTS_READ"], "expiresAt": next_month}
    made = office.admin.done("CreateApiToken", **terms, password=PASSWORD)
    assert made["apiToken"]["scopes"] == ["ACCOUNTS_READ", "ACCOUNTS_WRITE"]
    machine = Device(office.door, "Robot", {"access": made["text"]})

    assert machine.viewer("MyAccount") is None
    refused = machine.ask("UpdateProfile", input={"firstName": "Robot"})
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert machine.ask("UserList")["data"]["users"]["totalCount"] == 2
    assert machine.post({"query": "{ deadLetters { totalCount } }"})["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for role in ("ADMIN", "EDITOR"):
        assert machine.refusal("ChangeUserRole", id=office.selam_id, role=role) == "RoleBeyondOwn"
        given = {"email": "robot@example.com", "firstName": "R", "lastName": "Obot", "role": role}
        assert machine.refusal("InviteUser", **given) == "RoleBeyondOwn"
    assert machine.ask("UserList")["data"]["users"]["totalCount"] == 2
    assert machine.done("DeactivateUser", id=office.selam_id)["isActive"] is False
    told = office.admin.post({"query": EVENTS, "variables": {"id": office.selam_id}})["data"]["user"]
    assert told["securityLog"]["nodes"][0]["actorEmail"] == "boss@example.com"

    rotated = office.admin.done("RotateApiToken", id=made["apiToken"]["id"], password=PASSWORD)
    successor = Device(office.door, "Robot", {"access": rotated["text"]})
    assert successor.ask("UserList")["data"] == machine.ask("UserList")["data"]
    office.admin.done("RevokeApiToken", id=rotated["apiToken"]["id"])
    assert successor.ask("UserList")["errors"][0]["message"] == "The API token is not valid."
    assert office.admin.refusal("RevokeApiToken", id=rotated["apiToken"]["id"]) == "ApiTokenNotFound"
    tokens = office.admin.viewer("MySecurity")["apiTokens"]["nodes"]
    assert [(token["name"], token["revokedAt"] is None) for token in tokens] == [("Till", False), ("Till", True)]
    wrong = office.admin.send("CreateApiToken", **terms, password="another one")
    assert wrong["__typename"] == "WrongPassword"
