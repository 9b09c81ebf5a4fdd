"""Many new rows of several tables, written at once: one seam, with a body for each database.

A page of records makes some three hundred rows. Through SQLAlchemy each of them is looked at several times by Python; here they
go to the driver by column. What everything else writes is few, and goes the usual way.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store import new_rows_postgresql, new_rows_sqlite
from cratesync.server.store.new_rows import NewRows


async def write(connection: AsyncConnection, *several: NewRows) -> None:
    """Write these, which do not depend on each other. Empty ones are passed over."""
    filled = [rows for rows in several if rows.count]
    if not filled:
        return
    if connection.dialect.name == "postgresql":
        await new_rows_postgresql.write(connection, filled)
    else:
        await new_rows_sqlite.write(connection, filled)
