"""The real client fetches from the real server."""

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


async def test_the_client_fetches_what_the_server_has(ada, server, tmp_path, capsys):
    await ada.has_strange_records()
    settings = read_settings(
        {"CRATESYNC_CLIENT_TOKEN": ada.caller.token, "CRATESYNC_CLIENT_DIR": str(tmp_path / "client")}
    )
    setup = Setup(settings=settings, server=parse_server_url(server.url))
    for wanted, beginning in BEGINS.items():
        target = tmp_path / f"records.{wanted}"

        code = await export(setup, ExportWish("collection", wanted, str(target), force=False))

        assert code == 0
        assert target.read_bytes().startswith(beginning)
        said = capsys.readouterr().out
        assert said.endswith(
            f"records.{wanted}: the collection as {wanted}, {target.stat().st_size:,} bytes.\n"
        )
        if wanted in {"csv", "jsonl"}:
            assert target.read_bytes() == await ada.exported("collection", wanted)
