"""Somebody with a mirror, who exports it."""

import tempfile
from pathlib import Path

import httpx
import pytest

from cratesync.engine.records import (
    Artist,
    CustomField,
    CustomFields,
    Folder,
    Folders,
    Format,
    Label,
    Note,
    Record,
    SideRecord,
    Value,
)
from cratesync.protocol.messages import SyncType
from mirrored import beside, content, item, mirror, user_id_of, want
from running_server import Caller, RunningServer

FOLDERS = Folders(
    (Folder(0, "All", 6), Folder(1, "Uncategorized", 2), Folder(7, "Jazz", 1), Folder(8, "Jazz", 1))
)
FIELDS = CustomFields(
    (
        CustomField(1, "Media Condition", "dropdown", 1, True, ("Mint (M)", "Near Mint (NM or M-)")),
        CustomField(2, "Sleeve Condition", "dropdown", 2, True, ("Generic",)),
        CustomField(3, "Notes", "textarea", 3, False, None, 3),
        CustomField(4, 'Price "Paid"', "textarea", 4, False, None, 1),
        CustomField(5, "notes", "textarea", 5, False, None, 1),
    )
)
VALUE = Value("€50.86", "€71.20", "€101.72")

HARBOUR = content(
    900101,
    title="Harbour Lights At Dawn",
    artists=(
        Artist(id=1, name="The Lanterns (2)", anv="Lanterns", join="&"),
        Artist(id=2, name="Åsa Ørn", anv="", join=","),
        Artist(id=3, name="東京", join=""),
    ),
    labels=(Label(1, "Tidewater", "TW 019"), Label(2, "Grüne Welle", "none")),
    formats=(
        Format("Vinyl", "2", "Sea Green", ("LP", "Album", "Reissue")),
        Format("CD", "1"),
        Format("All Media", "1", None, ("Deluxe Edition",)),
    ),
)
NOTHING = content(
    900102,
    master_id=None,
    title=None,
    year=None,
    artists=(),
    labels=(),
    formats=(),
    genres=(),
    styles=(),
)
FORMULAS = content(
    900103,
    title='=HYPERLINK("http://evil.example","Album")',
    year=0,
    artists=(Artist(id=4, name="+cmd|' /C calc'!A0"),),
    labels=(Label(5, "@SUM(1+1)*cmd", "-1"),),
    formats=(Format("Vinyl", "1", None, ('7"', "Single")),),
    genres=("Electronic",),
    styles=(),
)
MARKUP = content(900104, title="<r><t>Rich</t></r>", artists=(Artist(name="Bell \x07 _x0041_ & <Co>"),))

STRANGE_ITEMS = (
    item(
        11, of=HARBOUR, notes=(Note(1, "Near Mint (NM or M-)"), Note(3, 'From "Märta"\nsecond; shelf, left'))
    ),
    item(12, of=HARBOUR, folder_id=7, rating=5, notes=(Note(4, "12,50"), Note(5, "lower"))),
    item(
        13, of=NOTHING, folder_id=None, rating=None, date_added=None, notes=(), thumb=None, cover_image=None
    ),
    item(14, of=FORMULAS, folder_id=8, rating=0, notes=(Note(3, " \t=1+1"), Note(4, "\r-2"))),
    item(
        15,
        of=MARKUP,
        folder_id=99,
        date_added="once upon a time",
        notes=(Note(77, "of no field"), Note(3, None)),
    ),
)
STRANGE_WANTS = (
    want(900101, of=HARBOUR, notes="=1+1"),
    want(900102, of=NOTHING, rating=None, date_added=None, notes=None),
    want(900104, of=MARKUP, notes="for\r\nÅsa"),
)


class Exporting:
    """A caller with a mirror."""

    def __init__(self, server: RunningServer, caller: Caller) -> None:
        self.server = server
        self.caller = caller
        self.user_id = user_id_of(caller.token)

    async def has(self, kind: SyncType, *records: Record) -> None:
        """These records are in the mirror from now on."""
        await mirror(self.server.server.database, self.user_id, kind, records)

    async def has_beside(self, *found: SideRecord) -> None:
        """So are these, beside it."""
        await beside(self.server.server.database, self.user_id, *found)

    async def has_strange_records(self) -> None:
        """Everything that a format may stumble over."""
        await self.has_beside(FOLDERS, FIELDS, VALUE)
        await self.has("collection", *STRANGE_ITEMS)
        await self.has("wantlist", *STRANGE_WANTS)

    async def exported(self, kind: SyncType, wanted: str) -> bytes:
        """The file."""
        answer = await self.export(kind, wanted)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def export(self, kind: SyncType, wanted: str) -> httpx.Response:
        return await self.caller.get(f"/api/{kind}/export?format={wanted}")

    async def shown(self, kind: SyncType) -> list[dict]:
        """The records as the API shows them."""
        return (await self.caller.get(f"/api/{kind}?limit=500")).json()["items"]


@pytest.fixture
async def ada(server) -> Exporting:
    """Somebody with an empty mirror."""
    return Exporting(server, await server.register("ada"))


@pytest.fixture
def drafts(tmp_path, monkeypatch) -> Path:
    """Where files stand that are being made; nothing else is there."""
    folder = tmp_path / "drafts"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder
