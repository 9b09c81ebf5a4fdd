"""Writes a migration from the difference between tables.py and what the migrations so far make. For developers:

`python src/cratesync/server/store/migrations/generate.py 0002 what_it_does`
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.types import TypeDecorator

from cratesync.server.store.migration import alembic_config


def _spell_type(kind: str, thing: object, _context: AutogenContext) -> str | bool:
    """Spell our own column types as what the database stores, so that no migration depends on our code."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    return False


def _number(number: str, name: str, scripts: Iterable[MigrationScript]) -> None:
    for script in scripts:
        script.rev_id = number
        script.message = name.replace("_", " ").capitalize()


def main(number: str, name: str) -> None:
    """Migrate an empty database, compare, write the file."""
    with create_engine("sqlite://").begin() as connection:
        config = alembic_config(connection)
        config.set_main_option("file_template", f"{number}_{name}")
        config.attributes["render_item"] = _spell_type
        config.attributes["first"] = int(number) == 1

        def process(_context: MigrationContext, _revision: object, scripts: list[MigrationScript]) -> None:
            _number(number, name, scripts)

        command.upgrade(config, "head")
        command.revision(config, message=name, autogenerate=True, process_revision_directives=process)
    written = Path(__file__).parent / "versions" / f"{number}_{name}.py"
    written.write_text(re.sub(r"^ *# ###.*\n", "", written.read_text(), flags=re.MULTILINE))
    sys.stdout.write(f"{written}\nRead it, and run `ruff format` on it.\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
