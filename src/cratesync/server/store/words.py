"""How text is compared when people search and sort: without case, accents and punctuation.

"Björk", "BJORK" and "bjork" are one word, and so are "R.E.M." and "rem", "don't" and "dont". The same on both databases,
since neither does it: what is stored are the words that come out of here.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from cratesync.engine.records import Artist, Content, Label, Note

WORD_CHARACTERS_MAX = 60
WORDS_MAX = 400
KEY_CHARACTERS_MAX = 200
# Artists, labels, genres and formats come again and again, and short texts above all.
REMEMBERED_MAX = 8192
REMEMBERED_CHARACTERS_MAX = 80

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
    return _remembered(text) if len(text) <= REMEMBERED_CHARACTERS_MAX else _words(text)


def content_words(content: Content) -> tuple[str, ...]:
    """What a release is found by, each word once."""
    return tuple(dict.fromkeys(_spoken(content)))[:WORDS_MAX]


def note_words(notes: tuple[Note, ...] | str | None) -> str | None:
    """What a record is found by beside its release: its notes' words, each after a space; nothing where there are none."""
    texts: Iterable[str | None] = [note.value for note in notes] if isinstance(notes, tuple) else [notes]
    found = dict.fromkeys(word for text in texts for word in words(text))
    return "".join(f" {word}" for word in tuple(found)[:WORDS_MAX]) or None


def sort_key(text: str | None) -> str:
    """What stands in the place of a text when lists are sorted. A text without any word stands for itself."""
    return (" ".join(words(text)) or (text or "").casefold())[:KEY_CHARACTERS_MAX]


def artist_key(artists: Sequence[Artist]) -> str | None:
    """The first artist: "The Beatles" among the Bs, and "Prince (2)" beside "Prince"."""
    name = artists[0].name if artists else None
    return sort_key(_NUMBERED.sub("", name or "")).removeprefix(_ARTICLE) or None


def title_key(title: str | None) -> str | None:
    """The title, its article too."""
    return sort_key(title) or None


def label_key(labels: Sequence[Label]) -> str | None:
    """The first label, and the catalogue number on it."""
    if not labels:
        return None
    first = labels[0]
    return sort_key(f"{_NUMBERED.sub('', first.name or '')} {first.catno or ''}".strip()) or None


def year_key(year: int | None) -> int | None:
    """The year; nothing where Discogs says 0, which is "unknown"."""
    return year if year and year > 0 else None


def _words(text: str) -> tuple[str, ...]:
    if "." in text:
        text = _ACRONYM.sub(lambda found: found[0].replace(".", "") + " ", text)
    joined = _APOSTROPHE.sub("", text)
    if joined.isascii():
        found = _PLAIN_WORD.findall(joined.lower())
    else:
        apart = unicodedata.normalize("NFKD", joined.casefold()).translate(_LETTERS)
        found = _WORD.findall("".join([letter for letter in apart if not unicodedata.combining(letter)]))
    return tuple([word[:WORD_CHARACTERS_MAX] for word in found])


_remembered = lru_cache(REMEMBERED_MAX)(_words)


def _spoken(content: Content) -> Iterator[str]:
    yield from words(content.title)
    for artist in content.artists:
        yield from words(artist.name)
        yield from words(artist.anv)
    for label in content.labels:
        yield from words(label.name)
        number = words(label.catno)
        yield from number
        if len(number) > 1:
            yield "".join(number)[:WORD_CHARACTERS_MAX]  # "SHVL 804" is also typed "shvl804"
    for carrier in content.formats:
        for text in (carrier.name, carrier.text, *(carrier.descriptions or ())):
            yield from words(text)
    for text in (*content.genres, *content.styles):
        yield from words(text)
    if content.year:
        yield str(content.year)
