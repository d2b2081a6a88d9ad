"""The audit log as it is looked after: sealed, kept for as long as each table's retention says, and verified."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit_chain import CONTENT, PLACE, ChainCheck, End, Finding, Link, Tampering
from models import AuditChain, AuditEntry

SEAL_AUDIT_LOG = "seal_audit_log"
KEEP_AUDIT_LOG = "keep_audit_log"
"""The names of the jobs."""

BATCH = 5_000
"""How many entries are sealed in a transaction, so that none takes long."""

LINKS = text(f"""
    SELECT position, id, table_name || ' ' || action || ' ' || row_key AS subject,
        CASE WHEN forgotten_at IS NULL THEN {CONTENT} END AS content, {PLACE} AS place, digest, hash
    FROM audit_log WHERE position IS NOT NULL ORDER BY position, id
""")  # noqa: S608 - both parts are ours

EMPTIED_EARLY = text("""
    SELECT format(
        'Entry %s (%s, %s) was emptied before the %s days of its table had passed.',
        position, audit_log.id, audit_log.table_name, retention_days
    )
    FROM audit_log JOIN audit_config USING (table_name)
    WHERE forgotten_at < sealed_at + make_interval(days => retention_days) ORDER BY position
""")
"""A retention that was raised since shows here as well."""

SILENCED = text("""
    SELECT table_name FROM audit_config
    WHERE is_on AND 2 > (
        SELECT count(*) FROM pg_trigger
        WHERE tgrelid = to_regclass(format('public.%I', table_name)) AND tgenabled = 'A'
          AND tgname IN ('record_change', 'record_truncation')
    )
    ORDER BY table_name
""")


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found, and what it covers."""

    findings: list[Finding]
    silenced: list[str]
    """Tables that are to be recorded and whose triggers are gone or disabled."""
    removed: int
    """How many entries retention has removed."""
    head: End
    """The newest entry that was sealed."""
    unsealed: int
    """How many entries are not protected yet."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing speaks of tampering."""
        return not self.findings and not self.silenced


async def seal_batch(session: AsyncSession) -> bool:
    """Seal the oldest entries that are not sealed yet; whether there may be more of them."""
    return await session.scalar(select(func.seal_audit_log(BATCH))) == BATCH


async def keep(session: AsyncSession) -> None:
    """Make the partitions of the coming months, and remove what no table's retention keeps any longer."""
    await session.execute(select(func.keep_audit_log()))


async def verify(session: AsyncSession, head: bytes | None = None) -> Verification:
    """Compute the whole chain anew. With a head that was kept elsewhere, that entry has to be in it.

    The session's transaction must see one snapshot (REPEATABLE READ), since others seal meanwhile.
    """
    chain = (await session.scalars(select(AuditChain))).one()
    check = ChainCheck(End(chain.removed_position, chain.removed_hash), head)
    findings = [finding async for link in _links(session) for finding in check.follow(link)]
    written = End(chain.sealed_position, chain.sealed_hash)
    findings += check.end(written)
    findings += [Finding(Tampering.EMPTIED, message) for message in await session.scalars(EMPTIED_EARLY)]
    silenced = [str(name) for name in await session.scalars(SILENCED)]
    unsealed = await session.scalar(select(func.count()).where(AuditEntry.position.is_(None)))
    return Verification(findings, silenced, chain.removed_position, written, unsealed or 0)


async def newest_link(session: AsyncSession) -> End:
    """The end of the chain."""
    chain = (await session.scalars(select(AuditChain))).one()
    return End(chain.sealed_position, chain.sealed_hash)


async def _links(session: AsyncSession) -> AsyncIterator[Link]:
    async for row in await session.stream(LINKS):
        yield Link(*row)
