"""JSON Lines hold what the API shows, record for record."""

import json


def lines_of(exported: bytes) -> list[dict]:
    return [json.loads(line) for line in exported.decode().splitlines()]


async def test_every_line_is_a_record_of_the_api_with_the_names_that_belong_to_its_ids(ada):
    await ada.has_strange_records()

    items = lines_of(await ada.exported("collection", "jsonl"))
    wants = lines_of(await ada.exported("wantlist", "jsonl"))

    assert wants == await ada.shown("wantlist")
    assert [each.pop("folderName") for each in items] == ["Uncategorized", "Jazz", None, "Jazz", None]
    named = [[note.pop("fieldName") for note in each["notes"]] for each in items]
    assert named == [
        ["Media Condition", "Notes"],
        ['Price "Paid"', "notes"],
        [],
        ["Notes", 'Price "Paid"'],
        [None, "Notes"],
    ]
    assert items == await ada.shown("collection")


async def test_an_empty_mirror_is_an_empty_file(ada):
    assert await ada.exported("collection", "jsonl") == b""
    assert await ada.exported("wantlist", "jsonl") == b""
