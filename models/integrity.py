"""The results of the checks of what must always hold."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Timestamp


class IntegrityStatus(StrEnum):
    """Whether everything held."""

    PASS = "PASS"  # noqa: S105 - no secret
    FAIL = "FAIL"


class IntegrityCheckLog(Base):
    """One run of all checks."""

    __tablename__ = "integrity_check_logs"
    __table_args__ = (
        CheckConstraint("total >= 0 AND repaired >= 0", name="counts"),
        CheckConstraint("(status = 'PASS') = (total = 0)", name="status"),
        Index(None, "checked_at"),
    )

    checked_at: Mapped[Timestamp] = mapped_column(server_default=func.now())
    status: Mapped[IntegrityStatus]
    total: Mapped[int]
    """How many rows broke a rule, and still do."""
    repaired: Mapped[int] = mapped_column(server_default=text("0"))
    """How many rows were set right before that was counted."""
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)
    """By check, how many rows break its rule."""
