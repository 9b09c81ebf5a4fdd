"""A leaner index of words on SQLite.

Words have no accents, capitals or signs when they come here, so nothing has to be looked for in them: the plainest tokenizer
leaves them whole, whatever script they are in. Where in a text a word stands is never asked for, nor how long a text is. A
prefix of three letters is found among those of two.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the index anew (https://www.sqlite.org/fts5.html#the_detail_option)."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "CREATE VIRTUAL TABLE leaner_words USING fts5 "
        "(digest UNINDEXED, words, tokenize = 'ascii', prefix = '2', detail = none, columnsize = 0)"
    )
    op.execute(
        "INSERT INTO leaner_words (rowid, digest, words) SELECT rowid, digest, words FROM release_words"
    )
    op.execute("DROP TABLE release_words")
    op.execute("ALTER TABLE leaner_words RENAME TO release_words")
