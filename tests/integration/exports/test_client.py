"""The real client fetches from the real server."""

import pytest

from cratesync.client.export import ExportWish, export
from cratesync.client.headless import Setup
from cratesync.client.server_url import parse_server_url
from cratesync.client.settings import read_settings

BEGINS = {
    "csv": b"\xef\xbb\xbfCatalog#",
    "jsonl": b'{"releaseId"',
    "xlsx": b"PK",
    "sqlite": b"SQLite format 3\x00",
}


@pytest.mark.parametrize("wanted", BEGINS)
async def test_the_client_fetches_what_the_server_has(ada, server, tmp_path, capsys, wanted):
    await ada.has_strange_records()
    settings = read_settings(
        {"CRATESYNC_CLIENT_TOKEN": ada.caller.token, "CRATESYNC_CLIENT_DIR": str(tmp_path)}
    )
    target = tmp_path / "records"

    code = await export(
        Setup(settings=settings, server=parse_server_url(server.url)),
        ExportWish("collection", wanted, str(target), force=False),
    )

    assert code == 0
    assert target.read_bytes().startswith(BEGINS[wanted])
    assert f"records: the collection as {wanted}, {target.stat().st_size:,} bytes." in capsys.readouterr().out
    if wanted in {"csv", "jsonl"}:
        assert target.read_bytes() == await ada.exported("collection", wanted)
