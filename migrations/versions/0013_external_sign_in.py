"""Count the sign-ins that are begun with identity providers."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ACTIONS = "'SIGN_IN', 'SECOND_FACTOR', 'REAUTHENTICATION', 'SIGN_UP', 'MAIL_REQUEST'"


def upgrade() -> None:
    _replace_actions(f"{ACTIONS}, 'EXTERNAL_SIGN_IN'")


def downgrade() -> None:
    op.execute("DELETE FROM throttles WHERE action = 'EXTERNAL_SIGN_IN'")
    _replace_actions(ACTIONS)


def _replace_actions(actions: str) -> None:
    op.drop_constraint(op.f("ck_throttles_throttledaction"), "throttles")
    op.create_check_constraint(op.f("ck_throttles_throttledaction"), "throttles", f"action IN ({actions})")
