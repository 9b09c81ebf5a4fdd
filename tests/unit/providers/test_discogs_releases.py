"""What Discogs tells of one release."""

import pytest

from cratesync.engine.outcomes import Forbidden, Refused, ReleaseRead, TokenRefused, Transient
from cratesync.engine.records import Artist, Community, Company, Identifier, Label, ReleaseDetails, SubTrack
from unit.providers.discogs_answers import RELEASE, read, sent


def details_of(body):
    outcome = read(RELEASE, body, account=None)
    assert isinstance(outcome, ReleaseRead), outcome
    return outcome.details


def release_with(**changes):
    return details_of(sent("release") | changes)


def test_a_release_is_read_with_its_tracks_credits_and_marks():
    details = details_of(sent("release"))

    assert (details.title, details.year, details.country) == ("Low Water", 1974, "Netherlands")
    assert details.released == "1974-06-00"
    assert details.notes == "Recorded in one night.\r\nIncludes a tide table."
    assert details.credits == (
        Artist(810004, "Mads Holm (3)", "M. Holm", "", "Engineer, Mixed By", "A1 to A2b"),
    )
    assert details.companies == (Company(820003, "Northquay Pressing", "NQ 4411", "Pressed By"),)
    assert details.series == (Label(820002, "Estuary Sessions", "3"),)
    assert details.identifiers == (
        Identifier("Barcode", "8 712345 678906"),
        Identifier("Matrix / Runout", "TW-017-A¹", "Side A, etched"),
    )
    assert details.community == Community(212, 87, 31, 4.35)


def test_its_headings_and_sub_tracks_keep_their_places():
    heading, track, index = details_of(sent("release")).tracklist

    assert (heading.type, heading.title, heading.position) == ("heading", "Ebb", "")
    assert (track.position, track.duration) == ("A1", "5:12")
    assert [artist.anv for artist in track.artists] == ["I. Tümmler"]
    assert [credit.role for credit in track.credits] == ["Bass Clarinet"]
    assert index.sub_tracks == (
        SubTrack("A2a", "track", "Slack", "7:00"),
        SubTrack("A2b", "track", "Flood", "7:02"),
    )


def test_an_id_is_all_that_a_release_needs():
    assert details_of({"id": RELEASE.release_id}) == ReleaseDetails(RELEASE.release_id)


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [None], [5], [[]], [{"name": []}], 10**400])
@pytest.mark.parametrize("name", ["tracklist", "extraartists", "companies", "identifiers", "community"])
def test_an_odd_part_costs_nothing_but_itself(name, odd):
    details = release_with(**{name: odd})

    assert (details.title, details.images) == ("Low Water", details_of(sent("release")).images)


@pytest.mark.parametrize(
    ("average", "read_as"),
    [(4, 4.0), ("4.35", 4.35), ("much", None), (-1, None), (10**400, None), (True, None), ("nan", None)],
)
def test_an_average_is_a_small_number_or_nothing(average, read_as):
    community = {"have": 3, "want": 4, "rating": {"count": 5, "average": average}}

    assert release_with(community=community).community == Community(3, 4, 5, read_as)


def test_sub_tracks_have_none_of_their_own():
    deep = {"title": "x"}
    for _ in range(50):
        deep = {"title": "x", "sub_tracks": [deep]}

    (track,) = release_with(tracklist=[deep]).tracklist

    assert track.sub_tracks == (SubTrack(title="x"),)


@pytest.mark.parametrize("body", [{"message": "x"}, {"id": "?"}, [], {"id": None, "title": "x"}])
def test_what_has_no_id_is_no_release(body):
    assert read(RELEASE, body).code == "wrong_shape"


def test_another_release_than_the_one_asked_for_is_no_answer():
    outcome = read(RELEASE, sent("release") | {"id": 900102})

    assert isinstance(outcome, Transient)
    assert outcome.code == "wrong_release"


@pytest.mark.parametrize(
    "message", ["Release not found.", "That release does not exist or may have been deleted."]
)
def test_404_means_that_there_is_no_such_release(message):
    assert read(RELEASE, {"message": message}, status=404) == Refused(
        "release_not_found", "Discogs has no such release."
    )


def test_404_that_is_not_from_discogs_says_nothing_of_the_release():
    assert isinstance(read(RELEASE, b"<html>", status=404), Transient)


def test_403_for_a_release_does_not_talk_of_a_collection():
    outcome = read(RELEASE, {"message": "No."}, status=403)

    assert isinstance(outcome, Forbidden)
    assert "collection" not in outcome.sentence


def test_401_means_that_the_token_is_not_good():
    assert read(RELEASE, {"message": "You must authenticate."}, status=401) == TokenRefused()
