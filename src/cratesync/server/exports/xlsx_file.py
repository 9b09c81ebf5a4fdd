"""A workbook for Excel and its like, written row by row to the disk and never held in memory."""

from datetime import datetime
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]
from sqlalchemy import RowMapping

from cratesync.server.exports.columns import Cell, Columns
from cratesync.server.exports.source import Batch

# https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
SHEET_ROWS_MAX = 1_048_576
CELL_UNITS_MAX = 32_767  # of UTF-16
EXACT_INTEGER_MAX = 10**15
FIRST_YEAR = 1900

FURTHER_HEADINGS = ("Genre", "Style", "master_id", "instance_id")
CUT = " … (cut here: a cell holds no more)"

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "use_zip64": True,
}
_WIDTHS = (16, 32, 40, 24, 28, 8, 9, 12, 18, 19)


class XlsxFile:
    """One sheet, and a further one where the rows do not fit. What has no place in a cell as a number is text."""

    def __init__(
        self, path: Path, name: str, columns: Columns, *, sheet_rows_max: int = SHEET_ROWS_MAX
    ) -> None:
        self._name = name
        self._columns = columns
        self._headings = (*columns.headings, *FURTHER_HEADINGS)
        self._sheet_rows_max = sheet_rows_max
        # Everything on the way is written to the folder of the file, which is deleted with all that is in it.
        self._workbook = xlsxwriter.Workbook(path, {**_OPTIONS, "tmpdir": str(path.parent)})
        self._bold = self._workbook.add_format({"bold": True})
        self._moment = self._workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._open_sheet()

    def add(self, batch: Batch) -> None:
        """The records' rows."""
        for row in batch:
            if self._row == self._sheet_rows_max:
                self._close_sheet()
                self._open_sheet()
            self._write((*self._columns.cells(row), *_further(row)))

    def finish(self) -> None:
        """Make the file of what was written."""
        self._close_sheet()
        self._workbook.close()

    def close(self) -> None:
        """Give back what is open, wherever it was left."""
        for sheet in self._workbook.worksheets():
            sheet.row_data_fh.close()

    def _open_sheet(self) -> None:
        number = len(self._workbook.worksheets()) + 1
        self._sheet = self._workbook.add_worksheet(self._name if number == 1 else f"{self._name} {number}")
        for column, width in enumerate(_WIDTHS[: len(self._columns.headings)]):
            self._sheet.set_column(column, column, width)
        self._sheet.freeze_panes(1, 0)
        for column, heading in enumerate(self._headings):
            self._sheet.write_string(0, column, _text(heading), self._bold)
        self._row = 1

    def _close_sheet(self) -> None:
        self._sheet.autofilter(0, 0, self._row - 1, len(self._headings) - 1)

    def _write(self, cells: tuple[Cell, ...]) -> None:
        for column, cell in enumerate(cells):
            match cell:
                case None | "":
                    continue
                case datetime() if cell.year >= FIRST_YEAR:
                    self._sheet.write_datetime(self._row, column, cell, self._moment)
                case int() if abs(cell) < EXACT_INTEGER_MAX:
                    self._sheet.write_number(self._row, column, cell)
                case _:
                    self._sheet.write_string(self._row, column, _text(str(cell)))
        self._row += 1


def _further(row: RowMapping) -> tuple[Cell, ...]:
    return ", ".join(row["genres"]), ", ".join(row["styles"]), row["master_id"], row.get("instance_id")


def _text(text: str) -> str:
    """What fits into a cell, and is nothing but text."""
    if len(text) > CELL_UNITS_MAX // 2 and _units(text) > CELL_UNITS_MAX:
        kept = text.encode("utf-16-le")[: (CELL_UNITS_MAX - _units(CUT)) * 2]
        text = kept.decode("utf-16-le", "ignore") + CUT
    # XlsxWriter takes such text for markup of its own, and writes it as it is.
    return f" {text}" if text.startswith("<r>") and text.endswith("</r>") else text


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
