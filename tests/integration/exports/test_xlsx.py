"""The workbook holds the cells of the CSV, with types and without anything that could be run."""

import csv
import io
from datetime import datetime
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from cratesync.server.exports.columns import Columns
from cratesync.server.exports.source import Surroundings
from cratesync.server.exports.xlsx_file import CELL_UNITS_MAX, CUT, XlsxFile
from cratesync.server.store.sides import Mirror
from mirrored import content, item

FURTHER = ["Genre", "Style", "master_id", "instance_id"]


def sheets_of(file) -> dict[str, list[list]]:
    """Every sheet's cells, as a spreadsheet shows them."""
    book = load_workbook(file)
    for sheet in book:
        assert not [
            cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink
        ]
    return {
        sheet.title: [
            [unescape(value) if isinstance(value, str) else value for value in row]
            for row in sheet.iter_rows(values_only=True)
        ]
        for sheet in book
    }


def as_in_csv(cell: object) -> str:
    return "" if cell is None else str(cell)


@pytest.mark.parametrize("kind", ["collection", "wantlist"])
async def test_it_has_the_cells_of_the_csv_and_what_a_spreadsheet_filters_by(ada, kind):
    await ada.has_strange_records()
    listed = list(csv.reader(io.StringIO((await ada.exported(kind, "csv")).decode("utf-8-sig"), newline="")))

    sheets = sheets_of(io.BytesIO(await ada.exported(kind, "xlsx")))

    assert list(sheets) == [kind.capitalize()]
    (rows,) = sheets.values()
    assert rows[0] == listed[0] + FURTHER
    for row, line in zip(rows[1:], listed[1:], strict=True):
        shown = [
            as_in_csv(cell).replace("\r\n", "\n").replace("\r", "\n").strip() for cell in row[: len(line)]
        ]
        told = [cell.removeprefix("'").replace("\r\n", "\n").replace("\r", "\n").strip() for cell in line]
        assert shown == told


async def test_numbers_and_times_are_no_text(ada):
    await ada.has("collection", item(11, of=content(7, year=1979), rating=4))

    _, row = sheets_of(io.BytesIO(await ada.exported("collection", "xlsx")))["Collection"]

    assert row[5:10] == [4, 1979, 7, None, datetime(2019, 3, 9, 23, 30)]  # noqa: DTZ001 - a sheet knows no offset
    assert row[-4:] == ["Jazz, Folk, World, & Country", "Nordic", 8, 11]


async def test_an_empty_mirror_is_a_sheet_with_headings(ada):
    rows = sheets_of(io.BytesIO(await ada.exported("wantlist", "xlsx")))["Wantlist"]

    assert len(rows) == 1


async def test_what_a_cell_cannot_hold_is_cut_and_says_so(ada):
    long = "🎷" * CELL_UNITS_MAX
    huge = 2**63 - 1
    await ada.has(
        "collection", item(huge, of=content(huge, title=long, master_id=None), date_added="0001-01-01")
    )

    exported = await ada.exported("collection", "xlsx")

    _, row = sheets_of(io.BytesIO(exported))["Collection"]
    assert row[2].endswith(f"🎷{CUT}")
    assert len(row[2].encode("utf-16-le")) // 2 in {CELL_UNITS_MAX, CELL_UNITS_MAX - 1}
    assert row[7] == row[-1] == str(huge)
    assert row[9] == "0001-01-01 00:00:00"


def test_rows_that_do_not_fit_go_on_in_a_further_sheet(tmp_path):
    path = tmp_path / "export"
    file = XlsxFile(
        path, "Collection", Columns(Surroundings("collection", Mirror("collection"))), sheet_rows_max=3
    )
    rows = [row_of(number) for number in range(1, 6)]
    file.add(rows[:3])
    file.add(rows[3:])
    file.finish()
    file.close()

    sheets = sheets_of(io.BytesIO(path.read_bytes()))

    assert {name: [row[-1] for row in rows] for name, rows in sheets.items()} == {
        "Collection": ["instance_id", 1, 2],
        "Collection 2": ["instance_id", 3, 4],
        "Collection 3": ["instance_id", 5],
    }
    assert [path.name for path in tmp_path.iterdir()] == ["export"]
    with ZipFile(path) as parts:
        assert parts.testzip() is None


def row_of(instance_id: int) -> dict[str, object]:
    """A row as the store has it."""
    what = content(instance_id)
    owned = item(instance_id, of=what)
    return {
        name: getattr(each, name)
        for each in (what, owned)
        for name in each.__struct_fields__
        if name != "content"
    }
