"""Refuse to sell in currencies whose amounts have more decimals than are stored, such as Kuwaiti dinars.

Amounts are NUMERIC(12, 2): taxes and shares of them could not be told as exactly as they are owed. A shop that sells in
one of them has to choose another currency first.
"""

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

TOO_FINE = "'BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND', 'CLF', 'UYW'"


def upgrade() -> None:
    op.create_check_constraint(op.f("ck_shops_currency_has_room"), "shops", f"currency NOT IN ({TOO_FINE})")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_shops_currency_has_room"), "shops", type_="check")
