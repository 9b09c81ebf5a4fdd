"""A recorded collection travels through unchanged: every instance, every field."""

import json
import shutil
from pathlib import Path

import pytest

from integration.sync.stage import shown

RECORDINGS = Path(__file__).parents[4] / "shared" / "fixtures" / "discogs"

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recorded answers in {RECORDINGS}")


def names(kind):
    return sorted(path.name for path in RECORDINGS.glob(f"{kind}__*.json")) if RECORDINGS.is_dir() else []


def recorded(content, key):
    """Every record in a file, however it was recorded."""
    if isinstance(content, list):
        if content and "basic_information" in content[0]:
            return content
        return [record for part in content for record in recorded(part, key)]
    if key in content:
        return content[key]
    inner = content.get("response", content).get("body", {})
    return recorded(inner, key) if inner else []


@pytest.mark.parametrize("name", names("collection"))
async def test_every_recorded_instance_is_in_the_mirror_with_all_its_fields(stage, tmp_path, name):
    folder = tmp_path / "recording"
    folder.mkdir()
    shutil.copy(RECORDINGS / name, folder)
    raw = recorded(json.loads((folder / name).read_text("utf-8")), "releases")
    ada = await stage.person(recording=folder)
    async with ada.client():
        status = await ada.sync()

    assert status["status"] == "completed", status
    expected = {record["instance_id"]: shown(record, "collection") for record in raw}
    assert expected
    mirrored = {record["instanceId"]: record for record in await ada.mirror()}
    assert mirrored.keys() == expected.keys()
    for instance_id, record in mirrored.items():
        assert {name: record[name] for name in expected[instance_id]} == expected[instance_id]
    await ada.assert_mirrors()


@pytest.mark.parametrize("name", names("wants"))
async def test_every_recorded_want_is_in_the_mirror_with_all_its_fields(stage, tmp_path, name):
    folder = tmp_path / "recording"
    folder.mkdir()
    shutil.copy(RECORDINGS / name, folder)
    raw = recorded(json.loads((folder / name).read_text("utf-8")), "wants")
    ada = await stage.person(recording=folder)
    async with ada.client():
        status = await ada.sync("wantlist")

    assert status["status"] == "completed", status
    expected = {record["id"]: shown(record, "wantlist") for record in raw}
    assert expected
    mirrored = {record["releaseId"]: record for record in await ada.mirror("wantlist")}
    assert mirrored.keys() == expected.keys()
    for release_id, record in mirrored.items():
        assert {name: record[name] for name in expected[release_id]} == expected[release_id]
    await ada.assert_mirrors("wantlist")
