"""Keep password hashes from the role that requests read as: they are compared by the server itself.

From here on a new column of `users` is granted to merkato_app by name.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns("users")]
    read = ", ".join(name for name in columns if name != "password_hash")
    op.execute("REVOKE SELECT ON users FROM merkato_app")
    op.execute(f"GRANT SELECT ({read}) ON users TO merkato_app")


def downgrade() -> None:
    op.execute("GRANT SELECT ON users TO merkato_app")
