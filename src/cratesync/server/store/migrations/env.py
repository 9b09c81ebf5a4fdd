"""Alembic's entry: runs on the connection it is handed, inside the transaction of `migration.migrate`."""

from alembic import context

from cratesync.server.store.migration import VERSION_TABLE, is_in_the_metadata
from cratesync.server.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # SQLite alters a table by copying it; in the first migration there is nothing to alter.
    render_as_batch=connection.dialect.name == "sqlite" and not context.config.attributes.get("first"),
    compare_type=True,
    compare_server_default=True,
    include_name=is_in_the_metadata,
    render_item=context.config.attributes.get("render_item"),
)
with context.begin_transaction():
    context.run_migrations()
