"""The life of an account over HTTP: with the documents that frontends send, and the letters that people open."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Throttle, User
from resolvers.ids import decode_id_of
from tests.devices import Device
from tests.factories import add_product, add_review, writing
from tests.forgotten import stored_texts
from tests.jobs import until_empty
from tests.mail_server import MailServer, mail_server
from tests.signed_in import Door, open_door
from tests.statements import execute

EMAIL, PASSWORD, OTHER_PASSWORD = "hana@example.com", "a long and quiet evening", "eleven goats on a hill"
PHONE = "+251 911 000 101"
LINK = re.compile(r"https?://\S+")

IN_A_MINUTE = func.now() + timedelta(minutes=1)
LONG_WAIT = update(Throttle).where(Throttle.blocked_until.is_not(None)).values(blocked_until=IN_A_MINUTE)
"""Whoever has guessed wrongly waits for longer than the second that a busy machine takes to ask again."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an inbox and devices."""

    door: Door
    inbox: MailServer
    engine: AsyncEngine

    async def letter(self) -> str:
        """The newest letter, once all have come."""
        await until_empty(self.engine)
        body = self.inbox.received[-1].get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    async def token(self) -> str:
        """What the link in it holds."""
        (link,) = [found for found in LINK.findall(await self.letter()) if "token=" in found]
        return str(parse_qs(urlsplit(link).query)["token"][0])


@pytest.fixture
async def hana(database_url: str, engine: AsyncEngine) -> AsyncIterator[Person]:
    """Somebody who has no account yet, before a server with a worker and a mail server."""
    with mail_server() as inbox:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": inbox.port, "smtp_security": "none"}
        with open_door(database_url, works=True, **mail) as door:
            yield Person(door, inbox, engine)


async def sign_up(hana: Person, device: Device) -> None:
    """Make an account and open the letter."""
    device.done("SignUp", email=EMAIL, password=PASSWORD, firstName="Hana", lastName="Bekele")
    device.done("VerifyEmail", token=await hana.token())


def codes_of(secret: str) -> Sequence[str]:
    """The codes that the app shows now and next."""
    app, now = pyotp.TOTP(secret), datetime.now(UTC)
    return [app.at(now), app.at(now + timedelta(seconds=30))]


async def test_life_of_an_account(hana: Person) -> None:
    phone, laptop = Device(hana.door, "Phone 7"), Device(hana.door, "Laptop 9")
    await sign_up(hana, phone)
    me = phone.done("SignIn", email=EMAIL, password=PASSWORD)["account"]["id"]
    await live(hana, phone, me)
    recovery_codes = turn_second_factor_on(phone, laptop)
    lose_a_device(phone, laptop)
    await forget_the_password(hana, phone)

    challenge = phone.done("SignIn", email=EMAIL, password=OTHER_PASSWORD)["challenge"]
    phone.done("CompleteSignIn", challenge=challenge, code=recovery_codes[0])
    assert phone.viewer("MySecurity")["recoveryCodesLeft"] == 9
    phone.done("DeleteMyAccount", password=OTHER_PASSWORD)

    assert phone.viewer("MyAccount") is None
    assert phone.refusal("UpdateProfile", firstName="Hana") == "AccountGone"
    assert phone.refusal("RefreshSession", refreshToken=phone.kept["refresh"]) == "SessionEnded"
    await assert_nothing_is_left(hana.engine)


async def live(hana: Person, device: Device, me: str) -> None:
    """Fill the account with what an account gathers."""
    told = device.done("UpdateProfile", username="hanab", phone=PHONE, avatarUrl="/media/hana.webp")
    assert told["phone"] == "+251911000101"
    address = {"name": "Hana Bekele", "line1": "Bole Road 1", "city": "Addis Ababa", "countryCode": "ET"}
    first = device.done("CreateAddress", **address, phone=PHONE, isDefaultShipping=True)
    second = device.done("CreateAddress", **address, isDefaultShipping=True)
    assert device.done("UpdateAddress", id=first["id"], line2="Floor 2")["isDefaultShipping"] is False
    device.done("DeleteAddress", id=second["id"])
    assert device.refusal("DeleteAddress", id=second["id"]) == "AddressNotFound"
    (kept,) = device.viewer("MyAccount")["addresses"]["nodes"]
    assert (kept["id"], kept["line2"], kept["phone"]) == (first["id"], "Floor 2", "+251911000101")
    async with writing(hana.engine) as session:
        author = await session.get_one(User, decode_id_of("Account", me))
        await add_review(session, await add_product(session), author, comment="Good tea.")


def turn_second_factor_on(phone: Device, laptop: Device) -> Sequence[str]:
    """Put the secret into an app, and sign in on the other device with its code; gives the recovery codes."""
    secret = phone.done("BeginTotp", password=PASSWORD)["secret"]
    assert phone.viewer("MySecurity")["hasSecondFactor"] is False
    shown, shown_next = codes_of(secret)
    recovery_codes: Sequence[str] = phone.done("ConfirmTotp", code=shown)["codes"]
    assert phone.viewer("MySecurity")["hasSecondFactor"] is True
    assert phone.refusal("BeginTotp", password=PASSWORD) == "TotpState"

    step = laptop.done("SignIn", email=EMAIL, password=PASSWORD)
    assert step["__typename"] == "SecondFactorNeeded"
    assert laptop.viewer("MyAccount") is None
    laptop.done("CompleteSignIn", challenge=step["challenge"], code=shown_next)
    assert laptop.viewer("MyAccount")["email"] == EMAIL
    assert laptop.refusal("CompleteSignIn", challenge=step["challenge"], code=shown_next) == "TokenRefused"
    return recovery_codes


def lose_a_device(phone: Device, laptop: Device) -> None:
    """End the session of the laptop from the phone, whose own goes on."""
    phone.done("RefreshSession", refreshToken=phone.kept["refresh"])
    sessions = phone.sessions()
    assert [session["userAgent"] for session in sessions] == ["Laptop 9", "Phone 7"]
    ended = phone.done("RevokeSession", id=sessions[0]["id"])
    assert ended["endReason"] == "REVOKED"
    assert phone.refusal("RevokeSession", id=sessions[0]["id"]) == "SessionNotFound"
    assert laptop.refusal("RefreshSession", refreshToken=laptop.kept["refresh"]) == "SessionEnded"
    (left,) = phone.sessions()
    assert left["userAgent"] == "Phone 7"


async def forget_the_password(hana: Person, phone: Device) -> None:
    """Set another one by letter, which ends every session."""
    phone.done("RequestPasswordReset", email=EMAIL)
    token = await hana.token()
    phone.done("ResetPassword", token=token, newPassword=OTHER_PASSWORD)
    assert phone.refusal("ResetPassword", token=token, newPassword=PASSWORD) == "TokenRefused"
    assert phone.refusal("RefreshSession", refreshToken=phone.kept["refresh"]) == "SessionEnded"


async def assert_nothing_is_left(engine: AsyncEngine) -> None:
    """No row of any table tells of the person, but that there was one who wrote a review.

    The audit log keeps from where something was changed, until its time is over; names it never knew.
    """
    stored = await stored_texts(engine)
    assert "good tea." in stored["reviews"]
    assert "deleted.invalid" in stored["users"]
    for name, found in stored.items():
        places = () if name == "audit_log" else ("phone 7", "laptop 9", "127.0.0.1")
        for trace in ("hana", "bekele", "911000101", "bole", *places):
            assert trace not in found, (name, trace)


async def test_password_and_address_are_changed_by_whoever_knows_the_password(hana: Person) -> None:
    phone = Device(hana.door, "Phone 7")
    await sign_up(hana, phone)
    phone.done("SignIn", email=EMAIL, password=PASSWORD)

    weak = phone.send("ChangePassword", currentPassword=PASSWORD, newPassword="password1")
    assert weak["fields"][0]["path"] == ["input", "newPassword"]
    phone.done("ChangePassword", currentPassword=PASSWORD, newPassword=OTHER_PASSWORD)
    phone.done("ChangeEmail", newEmail="hana@example.net", password=OTHER_PASSWORD)
    assert phone.viewer("MyAccount")["email"] == EMAIL
    phone.done("VerifyEmail", token=await hana.token())
    account = phone.viewer("MyAccount")
    assert (account["email"], account["isEmailVerified"]) == ("hana@example.net", True)
    assert phone.refusal("RefreshSession", refreshToken=phone.kept["refresh"]) == "SessionEnded"

    assert phone.refusal("ChangeEmail", newEmail=EMAIL, password=PASSWORD) == "WrongPassword"
    await execute(hana.engine, LONG_WAIT)
    assert phone.refusal("DeleteMyAccount", password=OTHER_PASSWORD) == "TooManyAttempts"
    assert phone.viewer("MyAccount")["email"] == "hana@example.net"


async def test_sign_up_tells_nobody_whether_there_is_an_account(hana: Person) -> None:
    device = Device(hana.door, "Phone 7")
    await sign_up(hana, device)
    device.done("RequestPasswordReset", email="nobody@example.com")
    await asyncio.sleep(1)  # nobody signs up twice within a second
    device.done("SignUp", email=EMAIL.upper(), password=OTHER_PASSWORD, firstName="M", lastName="A")

    await hana.letter()

    subjects = [str(received["Subject"]) for received in hana.inbox.received]
    assert subjects == ["Confirm your e-mail address", "You have an account already"]
    assert {str(received["To"]) for received in hana.inbox.received} == {EMAIL}
    assert device.refusal("SignIn", email=EMAIL, password=OTHER_PASSWORD) == "InvalidCredentials"


def test_aliases_are_counted_each_where_an_operation_may_have_several_attempts(database_url: str) -> None:
    attempt = 'signIn(input: {email: "hana@example.com", password: "guess"}) { __typename }'
    document = "mutation { " + " ".join(f"a{number}: {attempt}" for number in range(4)) + " }"
    with open_door(database_url, max_operation_attempts=4) as door:
        answers = door.http.post("/graphql", json={"query": document}).json()["data"].values()
    assert [answer["__typename"] for answer in answers] == ["InvalidCredentials", *["TooManyAttempts"] * 3]
