"""What a release is in one line, in the manner of Discogs' own export."""

import pytest

from cratesync.engine.records import Artist, Format, Label
from cratesync.server.exports.release_text import artists_text, catalog_text, formats_text, labels_text


@pytest.mark.parametrize(
    ("artists", "text"),
    [
        ((), ""),
        ((Artist(name="Au Pairs"),), "Au Pairs"),
        ((Artist(name="Nirvana (2)"),), "Nirvana (2)"),
        (
            (Artist(name="Kenny Loggins", join="With"), Artist(name="Jim", anv="James")),
            "Kenny Loggins With James*",
        ),
        ((Artist(name="A", join=","), Artist(name="B", join=None), Artist(name="C", join="&")), "A, B, C"),
        ((Artist(name="A", join=" vs. "), Artist(name=None), Artist(name="B")), "A vs. B"),
    ],
)
def test_artists_are_joined_by_their_own_words(artists, text):
    assert artists_text(artists) == text


@pytest.mark.parametrize(
    ("formats", "text"),
    [
        ((), ""),
        ((Format("Vinyl", "1", None, ('7"', "Single")),), '7", Single'),
        ((Format("Vinyl", "2", None, ("LP", "Album", "Reissue")),), "2xLP, Album, Reissue"),
        ((Format("Vinyl", "1", None, ("Single Sided",)),), "Vinyl, Single Sided"),
        ((Format("CD", 2, "Digipak", ("Compilation",)),), "2xCD, Compilation, Digipak"),
        ((Format("CD", "1"), Format("DVD", "1", None, ("NTSC",))), "CD + DVD, NTSC"),
        ((Format("All Media", "1", None, ("Limited Edition",)),), "Limited Edition"),
        ((Format(), Format("File", "3", None, ("MP3",))), "3xFile, MP3"),
    ],
)
def test_formats_say_how_many_of_what(formats, text):
    assert formats_text(formats) == text


def test_labels_and_catalogue_numbers_are_listed_side_by_side():
    labels = (
        Label(1, "021 Records", "- oto - 4"),
        Label(2, "Human Records (2)", "oto4"),
        Label(3, None, None),
    )

    assert labels_text(labels) == "021 Records, Human Records (2)"
    assert catalog_text(labels) == "- oto - 4, oto4"
