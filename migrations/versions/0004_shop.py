"""Write the shop's only row, for its owner to fill in."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("INSERT INTO shops (id, name) VALUES ('01900000-0000-7000-8000-000000000001', 'Merkato')")


def downgrade() -> None:
    op.execute("DELETE FROM shops")
