"""Another e-mail address: asked for with the password, confirmed from the new address, told to the old one."""

from uuid import UUID

from sqlalchemy import select

from auth.emails import require_email
from auth.letters import send_already_registered, send_confirmation
from auth.one_time_tokens import discard, issue
from auth.reauthentication import lock_reauthenticated, require_password
from auth.safeguards import Safeguards
from auth.security_log import record
from auth.throttling import Attempt, Transactions, require_patience
from auth.unhurried import taking_at_least
from auth.visits import Visit
from models import SecurityEvent, ThrottledAction, TokenPurpose, User


async def change_email(  # noqa: PLR0913, PLR0917 - who, how it is known that it is them, and what for
    transactions: Transactions, safeguards: Safeguards, user_id: UUID, new_email: str, password: str, visit: Visit
) -> None:
    """Send a link to the new address, which `auth.verification.verify_email` redeems. Until then nothing changes.

    If somebody else has an account with that address they are told by letter, and the answer is the same. Raises
    InvalidInputError, WrongPasswordError, TooManyAttemptsError and AccountGoneError.
    """
    wanted = require_email(new_email, "new_email")
    known = await require_password(transactions, safeguards.passwords, user_id, password, visit)
    async with taking_at_least():
        await require_patience(transactions, Attempt(ThrottledAction.EMAIL_CHANGE, str(user_id), visit))
        async with transactions() as session:
            user = await lock_reauthenticated(session, known)
            record(session, SecurityEvent.EMAIL_CHANGE_REQUESTED, visit, user_id=user_id)
            await discard(session, user_id, [TokenPurpose.CHANGE_EMAIL])
            owner = await session.scalar(select(User).where(User.email == wanted))
            if owner is not None:
                await send_already_registered(session, owner)
                return
            token = issue(session, user, TokenPurpose.CHANGE_EMAIL, visit, email=wanted)
            await send_confirmation(session, wanted, user, token)
