"""What a transaction has to write, at once: one seam, with a body for each database.

A page of records makes some three hundred rows. Through SQLAlchemy each of them is looked at several times by Python; here they
go to the driver by column, and what is updated beside them goes the same way. What everything else writes is little, and goes
the usual way.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from cratesync.server.store import writing_postgresql, writing_sqlite
from cratesync.server.store.new_rows import NewRows
from cratesync.server.store.prepared import Update

Writing = NewRows | Update


async def write(connection: AsyncConnection, *several: Writing) -> None:
    """Write these, no two of which concern the same row. Empty ones are passed over."""
    filled = [one for one in several if isinstance(one, Update) or one.count]
    if not filled:
        return
    if connection.dialect.name == "postgresql":
        await writing_postgresql.write(connection, filled)
    else:
        await writing_sqlite.write(connection, filled)
