"""How text is compared when people search and sort: without case, accents and punctuation.

"Björk", "BJORK" and "bjork" are one word, and so are "R.E.M." and "rem", "don't" and "dont". The same on both databases,
since neither does it: what is stored are the words that come out of here.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from cratesync.engine.records import Artist, Content, Label, Note

WORD_CHARACTERS_MAX = 60
WORDS_MAX = 400
KEY_CHARACTERS_MAX = 200
# Artists, labels and conditions come again and again, and they are short.
REMEMBERED_MAX = 8192
REMEMBERED_CHARACTERS_MAX = 100

# Letters that Unicode does not take apart, as Discogs' Scandinavian and Polish artists have them.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
_ACRONYM = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_APOSTROPHE = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
_WORD = re.compile(r"[^\W_]+")
_PLAIN_WORD = re.compile(r"[a-z0-9]+")
# Discogs tells artists of one name apart by a number: "Prince (2)" is the second (https://support.discogs.com).
_NUMBERED = re.compile(r" \(\d+\)$")
_ARTICLE = "the "


def words(text: str | None) -> tuple[str, ...]:
    """The words of a text, as they are stored and looked for."""
    if not text:
        return ()
    if "." in text:
        text = _ACRONYM.sub(lambda found: found[0].replace(".", "") + " ", text)
    is_plain = text.isascii()
    if not is_plain or "'" in text or "`" in text:
        text = _APOSTROPHE.sub("", text)
    if is_plain:
        found = _PLAIN_WORD.findall(text.lower())
    else:
        apart = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
        text = "".join([letter for letter in apart if not unicodedata.combining(letter)])
        found = _WORD.findall(text)
    if len(text) > WORD_CHARACTERS_MAX:
        found = [word[:WORD_CHARACTERS_MAX] for word in found]
    return tuple(found)


def content_words(content: Content) -> tuple[str, ...]:
    """What a release is found by, each word once."""
    plain: list[str] = []
    others: list[str] = []
    for text in _texts(content):
        if text:
            (plain if text.isascii() else others).append(text)
    spoken = [*words("\n".join(plain)), *_joined_numbers(content)]
    for text in others:
        spoken += _short_words(text) if len(text) <= REMEMBERED_CHARACTERS_MAX else words(text)
    return tuple(dict.fromkeys(spoken))[:WORDS_MAX]


def note_words(notes: tuple[Note, ...] | str | None) -> str | None:
    """What a record is found by beside its release: its notes' words, each after a space; nothing where there are none."""
    texts = [note.value for note in notes] if isinstance(notes, tuple) else [notes]
    text = "\n".join([text for text in texts if text])
    return _short_note_words(text) if len(text) <= REMEMBERED_CHARACTERS_MAX else _note_words(text)


def sort_key(text: str | None) -> str:
    """What stands in the place of a text when lists are sorted. A text without any word stands for itself."""
    text = text or ""
    return _short_sort_key(text) if len(text) <= REMEMBERED_CHARACTERS_MAX else _sort_key(text)


def _note_words(text: str) -> str | None:
    found = tuple(dict.fromkeys(words(text)))[:WORDS_MAX]
    return "".join([f" {word}" for word in found]) or None


def _sort_key(text: str) -> str:
    return (" ".join(words(text)) or text.casefold())[:KEY_CHARACTERS_MAX]


_short_words = lru_cache(REMEMBERED_MAX)(words)
_short_note_words = lru_cache(REMEMBERED_MAX)(_note_words)
_short_sort_key = lru_cache(REMEMBERED_MAX)(_sort_key)


class SortKeys(Struct, frozen=True, gc=False):
    """What lists are sorted by, of a release."""

    artist: str | None
    title: str | None
    label: str | None
    year: int | None


def sort_keys(content: Content) -> SortKeys:
    """All of a release's."""
    return SortKeys(
        artist_key(content.artists),
        title_key(content.title),
        label_key(content.labels),
        year_key(content.year),
    )


def artist_key(artists: Sequence[Artist]) -> str | None:
    """The first artist: "The Beatles" among the Bs, and "Prince (2)" beside "Prince"."""
    name = artists[0].name if artists else None
    return sort_key(_unnumbered(name)).removeprefix(_ARTICLE) or None


def title_key(title: str | None) -> str | None:
    """The title, its article too."""
    return sort_key(title) or None


def label_key(labels: Sequence[Label]) -> str | None:
    """The first label, and the catalogue number on it."""
    if not labels:
        return None
    first = labels[0]
    return sort_key(f"{_unnumbered(first.name)} {first.catno or ''}".strip()) or None


def year_key(year: int | None) -> int | None:
    """The year; nothing where Discogs says 0, which is "unknown"."""
    return year if year and year > 0 else None


def _unnumbered(name: str | None) -> str:
    return _NUMBERED.sub("", name) if name and name.endswith((")", ")\n")) else name or ""


def _texts(content: Content) -> list[str | None]:
    texts = [content.title]
    for artist in content.artists:
        texts += (artist.name, artist.anv)
    for label in content.labels:
        texts += (label.name, label.catno)
    for carrier in content.formats:
        texts += (carrier.name, carrier.text, *(carrier.descriptions or ()))
    texts += content.genres
    texts += content.styles
    if content.year:
        texts.append(str(content.year))
    return texts


def _joined_numbers(content: Content) -> Iterator[str]:
    """ "SHVL 804" is also typed "shvl804"."""
    for label in content.labels:
        if label.catno and not (label.catno.isascii() and label.catno.isalnum()):
            number = words(label.catno)
            if len(number) > 1:
                yield "".join(number)[:WORD_CHARACTERS_MAX]
