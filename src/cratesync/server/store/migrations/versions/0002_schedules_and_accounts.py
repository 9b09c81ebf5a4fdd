"""Schedules and accounts."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Schedules and accounts."""
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
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_sessions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("idx_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sign_in_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sign_in_codes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_sign_in_codes_code_hash")),
    )
    with op.batch_alter_table("sign_in_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_sign_in_codes_user_id"), ["user_id"], unique=False)

    with op.batch_alter_table("discogs_sync", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fetcher_rank", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("mirrors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("try_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("failures", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("idx_mirrors_due_at"), ["due_at"], unique=False)

    with op.batch_alter_table("scan_pages", schema=None) as batch_op:
        batch_op.alter_column("items_said", existing_type=sa.INTEGER(), nullable=True)

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_owner", sa.Boolean(), server_default=sa.text("(false)"), nullable=False)
        )
    # Whoever synced before has been waiting for a schedule since then.
    op.execute("UPDATE mirrors SET due_at = checked_at")
    # Whoever came first set the server up.
    op.execute(
        "UPDATE users SET is_owner = true WHERE id = (SELECT id FROM users ORDER BY created_at, id LIMIT 1)"
    )
    _say_what_plans_took_for_granted()


def _say_what_plans_took_for_granted() -> None:
    """Until now there was one provider, and what was special about it stood in the code."""
    connection = op.get_bind()
    syncs = sa.table(
        "discogs_collection_syncs", sa.column("id", sa.Uuid()), sa.column("sync_type"), sa.column("plan")
    )
    for row in connection.execute(sa.select(syncs)).all():
        plan = json.loads(row.plan)
        plan |= {
            "provider": "Discogs",
            "page_size": 100,
            "looks_up": row.sync_type == "collection",
            "by_cursor": False,
        }
        connection.execute(sa.update(syncs).where(syncs.c.id == row.id).values(plan=json.dumps(plan)))
