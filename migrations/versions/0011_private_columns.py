"""Keep phone numbers of accounts encrypted only, and say when an account was deleted or needs a new password.

Numbers in plain text are not taken over: a migration has no key to encrypt them with, nothing reads them, and only
made-up ones of the demo shop were ever written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

PROVIDERS = "'GOOGLE', 'APPLE', 'FACEBOOK'"


def upgrade() -> None:
    op.drop_column("users", "phone")
    op.add_column("users", sa.Column("encrypted_phone", sa.LargeBinary(), nullable=True))
    op.add_column("users", sa.Column("phone_index", sa.LargeBinary(), nullable=True))
    op.add_column("users", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("users", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_users_phone"), "users", "(encrypted_phone IS NULL) = (phone_index IS NULL)")
    op.create_check_constraint(op.f("ck_users_deleted_at"), "users", "deleted_at IS NULL OR NOT is_active")
    op.create_index(op.f("ix_users_phone_index"), "users", ["phone_index"], unique=False)
    _replace_providers(f"{PROVIDERS}, 'OPENID'")


def downgrade() -> None:
    op.execute("UPDATE users SET social_provider = NULL WHERE social_provider = 'OPENID'")
    _replace_providers(PROVIDERS)
    op.drop_column("users", "deleted_at")
    op.drop_column("users", "must_change_password")
    op.drop_column("users", "phone_index")
    op.drop_column("users", "encrypted_phone")
    op.add_column("users", sa.Column("phone", sa.String(length=50), nullable=True))


def _replace_providers(providers: str) -> None:
    op.drop_constraint(op.f("ck_users_socialprovider"), "users")
    op.create_check_constraint(op.f("ck_users_socialprovider"), "users", f"social_provider IN ({providers})")
