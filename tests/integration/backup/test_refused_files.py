"""A backup may be anybody's file: what is not whole and sound is refused, before anything is written."""

import gzip
import json
import tracemalloc
from hashlib import sha256

import pytest

from cratesync.server.backup import form, reading
from cratesync.server.faults import StartupError
from integration.backup.filling import fill

DAMAGED = "This backup is damaged|no backup of Cratesync, or damaged|unpacks to more"


@pytest.fixture
async def place(new_place):
    """Files are read alike for both databases."""
    return await new_place("sqlite")


@pytest.fixture
async def backup(place):
    await place.do(fill)
    return await place.save()


@pytest.fixture
def lines(backup):
    """The backup's lines."""
    return gzip.decompress(backup.read_bytes()).splitlines(keepends=True)


async def refused(place, path, content, *, match=DAMAGED):
    """The file is refused, and what is in the database stays."""
    rows = await place.rows()
    path.write_bytes(content)
    with pytest.raises(StartupError, match=match):
        await place.restore(path, replace=True)
    assert await place.rows() == rows


def summed(lines):
    """These lines with a last one that is true of them: whoever changes a backup may do that too."""
    tables = []
    for line in lines:
        if line.startswith(b"["):
            tables[-1][1].append(line)
        elif b'"table"' in line:
            tables.append((json.loads(line)["table"], []))
    counted = [
        {"table": name, "rows": len(rows), "digest": sha256(b"".join(rows)).hexdigest()}
        for name, rows in tables
    ]
    last = json.dumps({"tables": counted, "digest": sha256(b"".join(lines)).hexdigest()})
    return gzip.compress(b"".join([*lines, last.encode(), b"\n"]), mtime=0)


def check(path):
    with path.open("rb") as file:
        reading.Backup(file).check()


def test_wherever_it_is_cut_off(backup):
    whole = backup.read_bytes()
    for length in (*range(0, len(whole), 211), len(whole) - 1):
        backup.write_bytes(whole[:length])
        with pytest.raises(StartupError, match=DAMAGED):
            check(backup)


def test_whichever_byte_is_another(backup):
    whole = backup.read_bytes()
    head_of_gzip = 10  # without a meaning for what is in it, but for its first four bytes
    for at in (*range(4), *range(head_of_gzip, len(whole), 101), *range(len(whole) - 8, len(whole))):
        backup.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with pytest.raises(StartupError, match=DAMAGED):
            check(backup)


async def test_what_has_something_behind_it(place, backup):
    await refused(place, backup, backup.read_bytes() + b"\n")


async def test_another_kind_of_file(place, backup):
    for other in (
        b"",
        b"SQLite format 3\0",
        gzip.compress(b""),
        gzip.compress(b'{"format":"tar"}\n'),
        b"PK\3\4" * 9,
    ):
        await refused(place, backup, other)


async def test_a_line_too_many_and_one_too_few(place, backup, lines):
    for changed in (
        lines[:-2],
        [*lines[:-1], b'["more"]\n'],
        [*lines[:5], *lines[6:-1]],
        [*lines[:-1], lines[-2]],
    ):
        await refused(place, backup, gzip.compress(b"".join([*changed, lines[-1]])))


async def test_a_head_that_would_write_on_the_terminal(place, backup, lines):
    head = json.loads(lines[0])
    for name in ("revision", "madeBy", "keyIds"):
        evil = ["\x1b[2J"] if name == "keyIds" else "\x1b[2J"
        await refused(place, backup, summed([json.dumps(head | {name: evil}).encode() + b"\n", *lines[1:-1]]))


async def test_a_newer_revision_and_a_newer_form(place, backup, lines):
    head = json.loads(lines[0])
    newest = "newer release of Cratesync"
    for change, match in (
        ({"revision": "9999"}, newest),
        ({"revision": "head"}, newest),
        ({"revision": "base"}, newest),
        ({"revision": "000"}, newest),
        ({"version": 2}, "does not know"),
    ):
        newer = json.dumps(head | change).encode() + b"\n"
        await refused(place, backup, summed([newer, *lines[1:-1]]), match=match)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row[:-1],
        lambda row: [*row, 1],
        lambda row: ["not-an-id", *row[1:]],
        lambda row: [None, *row[1:]],
        lambda row: [*row[:-1], "yesterday"],
        lambda row: [row[0], 7, *row[2:]],
        lambda row: {"id": 1},
    ],
)
async def test_rows_that_are_none_of_its_table(place, backup, lines, change):
    begin = next(at for at, line in enumerate(lines) if line.startswith(b'{"table":"users"'))
    lines[begin + 2] = json.dumps(change(json.loads(lines[begin + 2]))).encode() + b"\n"
    await refused(place, backup, summed(lines[:-1]))


async def test_rows_of_nobody(place, backup, lines):
    begin = next(at for at, line in enumerate(lines) if line.startswith(b'{"table":"users"'))
    await refused(
        place,
        backup,
        summed([*lines[: begin + 1], *lines[begin + 2 : -1]]),
        match="refers to rows that are not",
    )


async def test_the_same_row_twice(place, backup, lines):
    begin = next(at for at, line in enumerate(lines) if line.startswith(b'{"table":"users"'))
    await refused(
        place, backup, summed([*lines[: begin + 2], *lines[begin + 1 : -1]]), match="cannot be used"
    )


@pytest.mark.parametrize("made_of", [b"0", b"[]\n"])
def test_a_bomb_is_put_down_in_little_memory(backup, lines, made_of, monkeypatch):
    monkeypatch.setattr(reading, "LINE_BYTES_MAX", 1 << 20)
    bomb = gzip.compress(b"".join(lines[:2]) + made_of * (3_000_000 // len(made_of)))
    assert len(bomb) * form.EXPANSION_MAX < 3_000_000
    backup.write_bytes(bomb)
    tracemalloc.start()
    with pytest.raises(StartupError, match="unpacks to more"):
        check(backup)
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert highest < 8 << 20
