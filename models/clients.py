"""Where a request came from, as tables record it."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

ADDRESS_LENGTH = 45
USER_AGENT_LENGTH = 512


class FromClient:
    """Adds the IP address and the user agent of whoever did it, as far as they are known."""

    address: Mapped[str | None] = mapped_column(String(ADDRESS_LENGTH), sort_order=70)
    user_agent: Mapped[str | None] = mapped_column(String(USER_AGENT_LENGTH), sort_order=71)


def canonical_address() -> CheckConstraint:
    """One text for one address: the form in which PostgreSQL writes it."""
    return CheckConstraint("address = host(address::inet)", name="address")
