"""Count the requests for each kind of letter for themselves."""

from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

ACTIONS = "'SIGN_IN', 'SECOND_FACTOR', 'REAUTHENTICATION', 'SIGN_UP', 'MAIL_REQUEST', 'EXTERNAL_SIGN_IN'"
ADDED = "'PASSWORD_RESET', 'EMAIL_CHANGE'"


def upgrade() -> None:
    _replace_actions(f"{ACTIONS}, {ADDED}")


def downgrade() -> None:
    op.execute("DELETE FROM throttles WHERE action IN ('PASSWORD_RESET', 'EMAIL_CHANGE')")
    _replace_actions(ACTIONS)


def _replace_actions(actions: str) -> None:
    op.drop_constraint(op.f("ck_throttles_throttledaction"), "throttles")
    op.create_check_constraint(op.f("ck_throttles_throttledaction"), "throttles", f"action IN ({actions})")
