"""Schedules."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Schedules."""
    op.create_table(
        "schedules",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_schedules_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_schedules")),
    )
    with op.batch_alter_table("discogs_sync", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fetcher_rank", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("mirrors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("try_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("idx_mirrors_due_at"), ["due_at"], unique=False)

    # Whoever synced before has been waiting for a schedule since then.
    op.execute("UPDATE mirrors SET due_at = checked_at")
