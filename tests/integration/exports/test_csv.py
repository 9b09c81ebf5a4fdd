"""The CSV is Discogs' own, in all that is known of that."""

import csv
import io

import pytest

from cratesync.engine.records import CustomField, CustomFields, Note
from mirrored import FIELDS, FOLDERS, content, item, remove, want

BOM = b"\xef\xbb\xbf"

# By hand, in the shape of a file from https://www.discogs.com/users/export.
COLLECTION = (
    "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder,Date Added,"
    "Collection Media Condition,Collection Sleeve Condition,Collection Notes,"
    '"Collection Price ""Paid""",Collection notes (2)\r\n'
    '"TW 019, none","Lanterns* & Åsa Ørn, 東京",Harbour Lights At Dawn,"Tidewater, Grüne Welle",'
    '"2xLP, Album, Reissue, Sea Green + CD + Deluxe Edition",4,1979,900101,Uncategorized,2019-03-09 23:30:00,'
    'Near Mint (NM or M-),,"From ""Märta""\nsecond; shelf, left",,\r\n'
    '"TW 019, none","Lanterns* & Åsa Ørn, 東京",Harbour Lights At Dawn,"Tidewater, Grüne Welle",'
    '"2xLP, Album, Reissue, Sea Green + CD + Deluxe Edition",5,1979,900101,Jazz,2019-03-09 23:30:00,'
    ',,,"12,50",lower\r\n'
    ",,,,,,,900102,,,,,,,\r\n"
    """'-1,'+cmd|' /C calc'!A0,"'=HYPERLINK(""http://evil.example"",""Album"")",'@SUM(1+1)*cmd,"7"", Single",,0,900103,"""
    """Jazz,2019-03-09 23:30:00,,,' \t=1+1,"'\r-2",\r\n"""
    'TW 900104,Bell \x07 _x0041_ & <Co>,<r><t>Rich</t></r>,Tidewater,"LP, Album",4,1979,900104,,once upon a time,,,,,\r\n'
)
WANTLIST = (
    "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,Notes\r\n"
    '"TW 019, none","Lanterns* & Åsa Ørn, 東京",Harbour Lights At Dawn,"Tidewater, Grüne Welle",'
    '"2xLP, Album, Reissue, Sea Green + CD + Deluxe Edition",,1979,900101,\'=1+1\r\n'
    ",,,,,,,900102,\r\n"
    'TW 900104,Bell \x07 _x0041_ & <Co>,<r><t>Rich</t></r>,Tidewater,"LP, Album",,1979,900104,"for\r\nÅsa"\r\n'
)


def rows_of(exported: bytes) -> list[dict[str, str]]:
    """As any program reads them."""
    return list(csv.DictReader(io.StringIO(exported.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(("kind", "sample"), [("collection", COLLECTION), ("wantlist", WANTLIST)])
async def test_it_is_what_discogs_would_export(ada, kind, sample):
    await ada.has_strange_records()

    exported = await ada.exported(kind, "csv")

    assert exported.removeprefix(BOM).decode() == sample
    assert exported.startswith(BOM)


async def test_an_empty_mirror_is_a_line_of_headings(ada):
    usual = (
        "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder,Date Added,"
        "Collection Media Condition,Collection Sleeve Condition,Collection Notes\r\n"
    )

    assert await ada.exported("collection", "csv") == BOM + usual.encode()
    assert (await ada.exported("wantlist", "csv")).endswith(b",release_id,Notes\r\n")


async def test_conditions_are_there_although_the_fields_were_never_read(ada):
    await ada.has("collection", item(1, notes=(Note(1, "Mint (M)"), Note(2, "Generic"), Note(3, "signed"))))

    (row,) = rows_of(await ada.exported("collection", "csv"))

    assert row["Collection Media Condition"] == "Mint (M)"
    assert row["Collection Sleeve Condition"] == "Generic"
    assert row["Collection Notes"] == "signed"


async def test_a_renamed_field_heads_its_column_by_its_new_name(ada):
    await ada.has_beside(FOLDERS, FIELDS)
    await ada.has("collection", item(1, notes=(Note(3, "signed"),)))
    await ada.has_beside(CustomFields((CustomField(3, "Remarks", "textarea"),)))

    (row,) = rows_of(await ada.exported("collection", "csv"))

    assert row["Collection Remarks"] == "signed"
    assert "Collection Notes" not in row


async def test_no_more_than_a_hundred_fields_are_columns(ada):
    fields = tuple(CustomField(number, f"Field {number}", "textarea") for number in range(1, 501))
    await ada.has_beside(CustomFields(fields))

    assert len((await ada.exported("collection", "csv")).decode().split(",")) == 10 + 100
    assert len(await ada.exported("collection", "xlsx")) > 0
    assert len(await ada.exported("collection", "sqlite")) > 0


async def test_neither_tombstones_nor_the_records_of_others_are_in_it(ada, server):
    other = await server.register("berta")
    await ada.has("collection", item(1), item(2, of=content(2, title="Gone")))
    await ada.has("wantlist", want(1), want(2, of=content(2, title="Gone")))
    for kind in ("collection", "wantlist"):
        await remove(server.server.database, ada.user_id, kind, 2)

        assert [row["Title"] for row in rows_of(await ada.exported(kind, "csv"))] == ["Album 1"]
        theirs = await other.get(f"/api/{kind}/export?format=csv")
        assert rows_of(theirs.content) == []
