"""CSV by RFC 4180 in UTF-8, with a byte order mark, and without formulas."""

import codecs
import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime

from cratesync.server.exports.columns import Cell, Columns
from cratesync.server.exports.source import Batch

# https://owasp.org/www-community/attacks/CSV_Injection, and the same signs after any space: some programs take that off.
_FORMULA = re.compile(r"[\t\r\n]|[\s\x00-\x1f\u200b\ufeff]*[=+\-@＝＋－＠]")


class CsvLines:
    """A line of headings, and one for each record."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def begin(self) -> bytes:
        """The mark, without which Excel takes UTF-8 for the machine's own code page; and the headings."""
        return codecs.BOM_UTF8 + _lines([self._columns.headings])

    def add(self, batch: Batch) -> bytes:
        """The records' lines."""
        return _lines(map(self._columns.cells, batch))


def harmless(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _lines(rows: Iterable[Iterable[Cell]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\r\n").writerows([_shown(cell) for cell in row] for row in rows)
    return lines.getvalue().encode()


def _shown(cell: Cell) -> str | int | None:
    if isinstance(cell, str):
        return harmless(cell)
    return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell
