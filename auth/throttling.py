"""Throttling: each attempt is counted in the database before anything is compared, and failures cost time.

The count is committed before the attempt goes on (see `Transactions`), so that neither a crash, nor a rolled-back
mutation, nor a document with many aliases gets one for free. Until it succeeds an attempt counts as a failure; then it
is given back. What comes while it has to wait is counted but does not lengthen the wait, and counters are forgotten
two hours after the last failure: no stranger keeps anybody out for good.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType

from sqlalchemy import cast, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import CIDR, INET, insert
from sqlalchemy.ext.asyncio import AsyncSession

from auth.errors import TooManyAttemptsError
from auth.visits import Visit
from models import Throttle, ThrottledAction, ThrottleScope, User, UserSession

Transactions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens a transaction that is committed when the block ends well. A flow that counts, or that must keep what it found
out although it refuses, or that hashes (which takes longer than a connection should be held), takes several."""

LONGEST_WAIT = timedelta(hours=1)
MEMORY = timedelta(hours=2)
DOUBLINGS = 10
"""After so many steps the wait is the longest one."""

FAMILIARITY = timedelta(days=30)
"""For so long an account's owner is known by the network of a sign-in."""

ALONE, TOGETHER = 1, 10
"""How many failures make a step, which doubles the wait: of one person at one place, and of many at once."""

STEPS: Mapping[ThrottledAction, Mapping[ThrottleScope, int]] = MappingProxyType(
    {
        ThrottledAction.SIGN_IN: {
            ThrottleScope.ACCOUNT: TOGETHER,
            ThrottleScope.ACCOUNT_FROM_ADDRESS: ALONE,
            ThrottleScope.ADDRESS: TOGETHER,
        },
        ThrottledAction.REAUTHENTICATION: {
            ThrottleScope.ACCOUNT: TOGETHER,
            ThrottleScope.ACCOUNT_FROM_ADDRESS: ALONE,
        },
        # Only those who know the password come so far.
        ThrottledAction.SECOND_FACTOR: {ThrottleScope.ACCOUNT: ALONE, ThrottleScope.ADDRESS: TOGETHER},
        # Each asks a provider and makes a row.
        ThrottledAction.EXTERNAL_SIGN_IN: {ThrottleScope.ADDRESS: TOGETHER},
        # Each sends a letter to whoever has the address, and each another one: a stranger who makes its owner wait has
        # the very letter sent that the owner asks for.
        ThrottledAction.SIGN_UP: {ThrottleScope.ACCOUNT: ALONE, ThrottleScope.ADDRESS: TOGETHER},
        ThrottledAction.MAIL_REQUEST: {ThrottleScope.ACCOUNT: ALONE, ThrottleScope.ADDRESS: TOGETHER},
        ThrottledAction.PASSWORD_RESET: {ThrottleScope.ACCOUNT: ALONE, ThrottleScope.ADDRESS: TOGETHER},
        # The account is whose address is to change, and not who has the new one.
        ThrottledAction.EMAIL_CHANGE: {ThrottleScope.ACCOUNT: ALONE, ThrottleScope.ADDRESS: TOGETHER},
    }
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is tried, on which account, by whom. The account is an e-mail address or an id, known to us or not."""

    action: ThrottledAction
    account: str
    visit: Visit

    def keys(self) -> dict[ThrottleScope, bytes]:
        """The hash by which each of its counters is known."""
        return {scope: self._key(scope) for scope in STEPS[self.action]}

    def _key(self, scope: ThrottleScope) -> bytes:
        account = "" if scope is ThrottleScope.ADDRESS else self.account
        network = "" if scope is ThrottleScope.ACCOUNT else self.visit.network or ""
        return sha256(f"{account}\n{network}".encode("utf-8", "surrogatepass")).digest()


def wait_after(failures: int, step: int) -> timedelta:
    """How long to wait after so many failures: 1, 2, 4… seconds after each step, an hour after ten of them."""
    steps = failures // step
    if steps == 0:
        return timedelta()
    return LONGEST_WAIT if steps >= DOUBLINGS else timedelta(seconds=2 ** (steps - 1))


async def require_patience(transactions: Transactions, attempt: Attempt) -> None:
    """Count the attempt in a transaction of its own. Raises TooManyAttemptsError when it comes too early."""
    async with transactions() as session:
        wait = await count_attempt(session, attempt)
    if wait is not None:
        raise TooManyAttemptsError(wait)


async def count_attempt(session: AsyncSession, attempt: Attempt) -> timedelta | None:
    """Count the attempt, and say how long to wait before the next one if this one comes too early."""
    now = attempt.visit.at
    counters = await _counted(session, attempt)
    for counter in counters:
        _forget_if_old(counter, now)
    waits = {c.scope: c.blocked_until - now for c in counters if c.blocked_until is not None and c.blocked_until > now}
    if ThrottleScope.ACCOUNT in waits and await _is_familiar(session, attempt):
        del waits[ThrottleScope.ACCOUNT]
    if not waits:
        for counter in counters:
            _presume_failure(counter, attempt)
    await session.flush()
    return max(waits.values(), default=None)


async def forgive(session: AsyncSession, attempt: Attempt) -> None:
    """Take the counted failure back: the attempt succeeded, and those on the same account before it are forgotten."""
    forgiven = update(Throttle).where(Throttle.action == attempt.action)
    for scope, key in attempt.keys().items():
        own = forgiven.where(Throttle.scope == scope, Throttle.key_hash == key)
        if scope is ThrottleScope.ADDRESS:
            await session.execute(own.values(failures=func.greatest(Throttle.failures - 1, 0)))
        else:
            await session.execute(own.values(failures=0, blocked_until=None))


async def _counted(session: AsyncSession, attempt: Attempt) -> list[Throttle]:
    """The counters of the attempt, one higher, and locked: always in the same order, so that nobody waits in a ring."""
    keys = sorted(attempt.keys().items())
    forgotten_at = attempt.visit.at + MEMORY
    rows = [
        {"action": attempt.action, "scope": scope, "key_hash": key, "attempts": 1, "expires_at": forgotten_at}
        for scope, key in keys
    ]
    upsert = (
        insert(Throttle)
        .values(rows)
        .on_conflict_do_update(
            index_elements=[Throttle.action, Throttle.scope, Throttle.key_hash],
            set_={"attempts": Throttle.attempts + 1},
        )
        .returning(Throttle)
    )
    found = await session.scalars(upsert, execution_options={"populate_existing": True})
    return list(found)


def _forget_if_old(counter: Throttle, now: datetime) -> None:
    if counter.expires_at <= now:
        counter.attempts, counter.failures, counter.blocked_until = 1, 0, None
        counter.expires_at = now + MEMORY


def _presume_failure(counter: Throttle, attempt: Attempt) -> None:
    now = attempt.visit.at
    counter.failures += 1
    counter.blocked_until = now + wait_after(counter.failures, STEPS[attempt.action][counter.scope])
    counter.expires_at = now + MEMORY


async def _is_familiar(session: AsyncSession, attempt: Attempt) -> bool:
    """Whether the account's owner signed in from this network lately, and so need not wait for strangers."""
    network = attempt.visit.network
    if network is None:
        return False
    lately = UserSession.created_at > attempt.visit.at - FAMILIARITY
    inside = cast(UserSession.address, INET).op("<<=")(literal(network, CIDR))
    owned = select(UserSession.id).join(User, User.id == UserSession.user_id).where(User.email == attempt.account)
    return bool(await session.scalar(select(exists(owned.where(lately, inside)))))
