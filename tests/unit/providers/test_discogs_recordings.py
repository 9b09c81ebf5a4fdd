"""Recorded answers of the real Discogs, read into the right outcome and compared field for field.

The recordings belong to others and lie beside the checkout, not in it; where they are missing these tests are skipped.
"""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from cratesync.engine.outcomes import (
    AccountMissing,
    BeyondTheEnd,
    Forbidden,
    IdentityRead,
    LookupRead,
    OrderRefused,
    PageRead,
    Refused,
    ReleaseRead,
    SideRead,
    Throttled,
    TokenRefused,
    Transient,
)
from cratesync.engine.provider import RateLimit
from cratesync.engine.tasks import Identity, Lookup, Order, Page, Release, Side
from unit.providers.discogs_answers import DISCOGS, EVERY_TASK, FIRST_PAGE, FOLDERS, LATER_PAGE, LOOKUP, read

RECORDINGS = Path(__file__).parents[4] / "shared" / "fixtures" / "discogs"

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"there are no recordings at {RECORDINGS}")

STATUS_IN_NAME = re.compile(r"_(\d{3})(?:\.|_)")
STATUS_BY_NAME = {
    "error__bartholomews_discogs4s__artist_not_found": 404,
    "error__bartholomews_discogs4s__not_found": 404,
    "error__brotherlogic_discogs__invalid_price": 400,
}


class Recording:
    """One answer out of a file, whichever way the file keeps it."""

    def __init__(self, path, answer, request=None):
        self.name = path.stem
        self.url = (request or {}).get("url", "")
        self.method = (request or {}).get("method", "GET")
        keeps_http = isinstance(answer, dict) and "body" in answer
        self.body = answer["body"] if keeps_http else answer
        self.headers = answer.get("headers", {}) if keeps_http else {}
        if isinstance(self.headers, list):
            pairs = [pair.items() if isinstance(pair, dict) else [pair] for pair in self.headers]
            self.headers = {name: str(value) for pair in pairs for name, value in pair}
        self.status = answer.get("status") if keeps_http else None
        if self.status is None:
            in_name = STATUS_IN_NAME.search(path.name)
            self.status = STATUS_BY_NAME.get(path.stem) or (int(in_name[1]) if in_name else 200)

    @property
    def source(self):
        return json.dumps(self.body, ensure_ascii=False).encode()

    @property
    def account(self):
        """The user that the answer itself names, if any."""
        named = re.search(r"/users/([^/?\"]+)", self.url + json.dumps(self.body))
        return named[1] if named else None

    def read_as(self, task, kind="collection"):
        headers = {name.lower(): value for name, value in self.headers.items()}
        return read(task, self.source, kind=kind, account=self.account, status=self.status, headers=headers)


def recordings(*kinds):
    found = []
    for kind in kinds:
        for path in sorted(RECORDINGS.glob(f"{kind}__*.json")):
            content = json.loads(path.read_text("utf-8"))
            if isinstance(content, list) and content and "response" in content[0]:
                found += [Recording(path, call["response"], call["request"]) for call in content]
            elif isinstance(content, dict) and "response" in content:
                found.append(Recording(path, content["response"]))
            elif isinstance(content, list):
                whole = {"page": 1, "pages": -(-len(content) // 100), "per_page": 100, "items": len(content)}
                pages = range(0, len(content), 100)
                found += [
                    Recording(
                        path,
                        {"pagination": whole | {"page": n}, "wants": content[start : start + 100]},
                    )
                    for n, start in enumerate(pages, start=1)
                ]
            else:
                found.append(Recording(path, content))
    return found


def pages_of(member):
    """Every recorded page of that list, sequences that also add and remove included."""
    return [
        recording
        for recording in recordings("collection", "collection_release", "wants", "write")
        if recording.method == "GET" and recording.status == 200 and member in recording.body
    ]


def named(recordings_found):
    return [pytest.param(each, id=f"{each.name}-{n}") for n, each in enumerate(recordings_found)]


def same_content(content, release_id, sent):
    assert content.release_id == sent.get("id", release_id)
    assert content.master_id == sent.get("master_id")
    assert content.title == sent.get("title")
    assert content.year == sent.get("year")
    assert content.genres == tuple(sent.get("genres") or ())
    assert content.styles == tuple(sent.get("styles") or ())
    assert [(a.id, a.name, a.anv, a.join, a.role, a.tracks) for a in content.artists] == [
        tuple(a.get(key) for key in ("id", "name", "anv", "join", "role", "tracks")) for a in sent["artists"]
    ]
    assert [(label.id, label.name, label.catno) for label in content.labels] == [
        (label.get("id"), label.get("name"), label.get("catno")) for label in sent["labels"]
    ]
    assert [(f.name, f.qty, f.text) for f in content.formats] == [
        (f.get("name"), f.get("qty"), f.get("text")) for f in sent["formats"]
    ]
    assert [f.descriptions for f in content.formats] == [
        None if f.get("descriptions") is None else tuple(f["descriptions"]) for f in sent["formats"]
    ]


def same_page(outcome, sent):
    assert isinstance(outcome, PageRead), outcome
    assert (outcome.number, outcome.pages, outcome.items) == (
        sent["pagination"]["page"],
        sent["pagination"]["pages"],
        sent["pagination"]["items"],
    )


def page_of(recording):
    return Page(number=recording.body["pagination"]["page"], scan=1, order=Order.OLDEST)


def test_the_recordings_are_found():
    assert len(pages_of("releases")) >= 7
    assert sum(len(recording.body["wants"]) for recording in pages_of("wants")) >= 100


@pytest.mark.parametrize("recording", named(pages_of("releases")))
def test_every_field_of_a_recorded_item_is_kept(recording):
    outcome = recording.read_as(page_of(recording))
    same_page(outcome, recording.body)
    assert len(outcome.records) == len(recording.body["releases"])
    for item, sent in zip(outcome.records, recording.body["releases"], strict=True):
        basic = sent["basic_information"]
        assert (item.instance_id, item.release_id) == (sent["instance_id"], sent["id"])
        assert (item.folder_id, item.rating) == (sent.get("folder_id"), sent.get("rating"))
        assert item.date_added == sent.get("date_added")
        assert [(note.field_id, note.value) for note in item.notes] == [
            (note["field_id"], note["value"]) for note in sent.get("notes", ())
        ]
        assert (item.thumb, item.cover_image) == (basic.get("thumb"), basic.get("cover_image"))
        same_content(item.content, item.release_id, basic)


@pytest.mark.parametrize("recording", named(pages_of("wants")))
def test_every_field_of_a_recorded_want_is_kept(recording):
    outcome = recording.read_as(page_of(recording), kind="wantlist")
    same_page(outcome, recording.body)
    for want, sent in zip(outcome.records, recording.body["wants"], strict=True):
        basic = sent["basic_information"]
        assert (want.release_id, want.rating) == (sent["id"], sent.get("rating"))
        assert (want.date_added, want.notes) == (sent.get("date_added"), sent.get("notes"))
        assert (want.thumb, want.cover_image) == (basic.get("thumb"), basic.get("cover_image"))
        same_content(want.content, want.release_id, basic)


@pytest.mark.parametrize("member", ["releases", "wants"])
def test_one_odd_value_changes_nothing_else_of_a_recorded_record(member):
    kind = "wantlist" if member == "wants" else "collection"
    for recording in pages_of(member):
        regular = recording.read_as(page_of(recording), kind).records
        recording.body[member] = [record | {"resource_url": 5} for record in recording.body[member]]
        odd = recording.read_as(page_of(recording), kind).records
        assert [replace(record, source_digest=b"") for record in odd] == [
            replace(record, source_digest=b"") for record in regular
        ]


@pytest.mark.parametrize("recording", named(pages_of("releases")))
def test_a_recorded_list_of_copies_is_a_lookup(recording):
    sent = recording.body
    of_release = re.search(r"/collection/releases/(\d+)", recording.url)
    release_id = int(of_release[1]) if of_release else 1
    outcome = recording.read_as(Lookup(release_id))
    assert isinstance(outcome, LookupRead)
    assert outcome.instance_ids == {item["instance_id"] for item in sent["releases"]}
    assert outcome.complete == (
        sent["pagination"]["items"] == len(sent["releases"])
        and all(item["id"] == release_id for item in sent["releases"])
    )


@pytest.mark.parametrize("recording", named(recordings("folders", "headers")))
def test_recorded_folders_are_kept(recording):
    outcome = recording.read_as(FOLDERS)
    assert isinstance(outcome, SideRead)
    assert [(folder.id, folder.name, folder.count) for folder in outcome.record.folders] == [
        (folder["id"], folder["name"], folder["count"]) for folder in recording.body["folders"]
    ]


@pytest.mark.parametrize("recording", named(recordings("fields")))
def test_recorded_custom_fields_are_kept(recording):
    outcome = recording.read_as(Side("fields"))
    assert isinstance(outcome, SideRead)
    for field, sent in zip(outcome.record.fields, recording.body["fields"], strict=True):
        assert (field.id, field.name, field.type) == (sent["id"], sent["name"], sent["type"])
        assert (field.position, field.public) == (sent["position"], sent["public"])
        assert field.options == (tuple(sent["options"]) if "options" in sent else None)
        assert field.lines == sent.get("lines")


@pytest.mark.parametrize("recording", named(recordings("value")))
def test_a_recorded_value_is_kept(recording):
    outcome = recording.read_as(Side("value"))
    assert isinstance(outcome, SideRead)
    value = outcome.record
    assert {"minimum": value.minimum, "median": value.median, "maximum": value.maximum} == recording.body


@pytest.mark.parametrize("recording", named(recordings("identity")))
def test_a_recorded_identity_is_read(recording):
    assert recording.read_as(Identity()) == IdentityRead(recording.body["username"], recording.body["id"])


def all_of(sent, *names):
    return [tuple(each.get(name) for name in names) for each in sent or ()]


def credits_of(sent):
    return all_of(sent, "id", "name", "anv", "join", "role", "tracks")


def shown(found, *names):
    return [tuple(getattr(each, name) for name in names) for each in found]


def shown_credits(found):
    return shown(found, "id", "name", "anv", "join", "role", "tracks")


@pytest.mark.parametrize("recording", named(recordings("release")))
def test_all_that_a_recorded_release_tells_a_collector_is_kept(recording):
    sent = recording.body
    outcome = recording.read_as(Release(sent["id"]))

    assert isinstance(outcome, ReleaseRead), outcome
    details = outcome.details
    same_content(details, sent["id"], sent)
    for name in ("country", "released", "notes"):
        assert getattr(details, name) == sent.get(name)
    assert shown_credits(details.credits) == credits_of(sent.get("extraartists"))
    assert shown(details.companies, "id", "name", "catno", "role") == all_of(
        sent["companies"], "id", "name", "catno", "entity_type_name"
    )
    assert shown(details.identifiers, "type", "value", "description") == all_of(
        sent.get("identifiers"), "type", "value", "description"
    )
    assert shown(details.videos, "uri", "title", "duration_seconds") == all_of(
        sent.get("videos"), "uri", "title", "duration"
    )
    assert shown(details.images, "type", "uri", "uri150") == all_of(sent["images"], "type", "uri", "uri150")
    community = sent.get("community", {"rating": {}})
    assert (details.community.have, details.community.rating_average) == (
        community.get("have"),
        community["rating"].get("average"),
    )
    for track, sent_track in zip(details.tracklist, sent["tracklist"], strict=True):
        assert all_of([sent_track], "position", "type_", "title", "duration") == shown(
            [track], "position", "type", "title", "duration"
        )
        assert shown_credits(track.artists) == credits_of(sent_track.get("artists"))
        assert shown_credits(track.credits) == credits_of(sent_track.get("extraartists"))


def test_one_odd_value_changes_nothing_else_of_a_recorded_release():
    for recording in recordings("release"):
        task = Release(recording.body["id"])
        regular = recording.read_as(task).details
        recording.body["country"] = ["?"]
        assert recording.read_as(task).details == replace(regular, country=None)


@pytest.mark.parametrize("recording", named(recordings("error")))
def test_a_recorded_error_is_read_into_its_outcome(recording):
    about_the_user = "User does not exist" in recording.body["message"]
    expected = {
        400: (Refused, Refused, Refused),
        401: (TokenRefused, TokenRefused, TokenRefused),
        403: (Forbidden, Forbidden, Forbidden),
        404: (AccountMissing,) * 3 if about_the_user else (AccountMissing, BeyondTheEnd, Refused),
        422: (OrderRefused, OrderRefused, Refused),
        429: (Throttled, Throttled, Throttled),
        500: (Transient, Transient, Transient),
    }[recording.status]
    read_as = tuple(type(recording.read_as(task)) for task in (FIRST_PAGE, LATER_PAGE, LOOKUP))
    assert read_as == expected


@pytest.mark.parametrize("recording", named(recordings("error", "release", "profile", "search", "stats")))
@pytest.mark.parametrize("task", EVERY_TASK)
def test_an_answer_to_something_else_is_never_taken(recording, task):
    recording.status = 200
    assert isinstance(recording.read_as(task), Transient) or (
        isinstance(task, Identity) and isinstance(recording.body.get("username"), str)
    )


@pytest.mark.parametrize(
    "recording",
    named(
        [each for each in recordings("error", "identity", "folders", "value") if "discogs.com" in each.url]
    ),
)
def test_recorded_rate_limits_are_read(recording):
    sent = {
        name.lower(): int(value) for name, value in recording.headers.items() if "ratelimit" in name.lower()
    }
    assert DISCOGS.rate_limit(recording.headers) == RateLimit(
        limit=sent["x-discogs-ratelimit"],
        used=sent["x-discogs-ratelimit-used"],
        remaining=sent["x-discogs-ratelimit-remaining"],
    )


@pytest.mark.parametrize(
    "recording", named([each for each in recordings("collection", "identity") if each.url])
)
def test_what_we_ask_for_is_an_address_that_was_recorded(recording):
    asked = urlsplit(recording.url)
    task = Identity() if asked.path == "/oauth/identity" else FIRST_PAGE
    assert urlsplit(DISCOGS.build("collection", task, recording.account).url).path == asked.path
