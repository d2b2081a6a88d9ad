"""Keep the uses of promotion codes that were given back, so that an order that is paid after all uses them again.

Whom a guest's use is counted for is known by a keyed hash of their address, which cannot be made anew without the key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("promo_code_uses", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Before, those that were given back were no rows."""
    op.execute("DELETE FROM promo_code_uses WHERE released_at IS NOT NULL")
    op.drop_column("promo_code_uses", "released_at")
