"""The database of releases: every release a function of (seed, release id), with the oddities of the real one.

The rates are those measured in a collection of 3,104 items recorded 2017-2021 and one of 100 recorded 2023.
Each part of a release draws from a stream of its own, so that sorting by label need not invent titles.
"""

from functools import lru_cache

from msgspec import UNSET, UnsetType

from cratesync.simulator import vocabulary as words
from cratesync.simulator.covers import COVER_PIXELS, SPACER_PATH, THUMB_PIXELS, Covers
from cratesync.simulator.dice import Dice, mix, salt_of
from cratesync.simulator.records import BASE, Artist, BasicInformation, Format, Label

RELEASE_ID_MAX = 39_999_983
"""Ids above do not exist. A prime, so that numbering by a multiplier visits every id once."""

_STRIDE = 24_499_981
_STRIDE_BACK = pow(_STRIDE, -1, RELEASE_ID_MAX)

# Chances out of 10,000.
YEAR_UNKNOWN = 570
THUMB_MISSING = 250
TITLE_NOT_ASCII = 450
ARTIST_NUMBERED = 730
FORMAT_UNDESCRIBED = 470
FORMAT_WITH_TEXT = 1270
CATNO_NONE = 450
MASTERLESS = 3200
STYLELESS = 2100
SEVERAL_ARTISTS = 900
SEVERAL_LABELS = 1100
SEVERAL_FORMATS = 450
VARIOUS_ARTISTS = 800

_NAMES_REMEMBERED = 10_000
_ARTISTS_MAX = 10
_LABELS_MAX = 9
_FORMATS_MAX = 12
_VARIOUS = Artist(name="Various", id=194, resource_url=f"{BASE}/artists/194")


class Catalog:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._covers = Covers(seed)
        self._salt = salt_of(seed, "release")
        self._recorded: dict[int, BasicInformation] = {}

    def has(self, release_id: int) -> bool:
        return 1 <= release_id <= RELEASE_ID_MAX or release_id in self._recorded

    def learn(self, basic: BasicInformation) -> None:
        """Know a release from a recorded item, so that it can be opened and added again."""
        self._recorded[basic.id] = basic

    def described(self, release_id: int) -> BasicInformation:
        """A release as recorded, else as invented."""
        return self._recorded.get(release_id) or self.basic(release_id)

    def basic(self, release_id: int) -> BasicInformation:
        genres, styles = self._genres(release_id)
        master_id = self._master_id(release_id)
        missing = mix(self._salt + 1, release_id) % 10_000 < THUMB_MISSING
        return BasicInformation(
            id=release_id,
            master_id=master_id,
            master_url=f"{BASE}/masters/{master_id}" if master_id else None,
            resource_url=f"{BASE}/releases/{release_id}",
            thumb="" if missing else self._covers.url(release_id, THUMB_PIXELS),
            cover_image=f"{BASE}{SPACER_PATH}" if missing else self._covers.url(release_id, COVER_PIXELS),
            title=self.title(release_id),
            year=self.year(release_id),
            formats=self.formats(release_id),
            labels=self.labels(release_id),
            artists=self.artists(release_id),
            genres=genres,
            styles=styles,
        )

    def title(self, release_id: int) -> str:
        dice = Dice(self.seed, release_id, "title")
        parts = [dice.pick(words.ADJECTIVES), dice.pick(words.NOUNS)][dice.below(2) :]
        if dice.chance(3500):
            parts += [dice.pick(("Of", "And", "In", "From The", "Without")), dice.pick(words.NOUNS)]
        if dice.chance(TITLE_NOT_ASCII):
            parts.insert(dice.below(len(parts) + 1), dice.pick(words.FOREIGN_WORDS))
        ending = dice.pick(words.TITLE_ENDINGS) if dice.chance(1200) else ""
        return " ".join(parts) + ending

    def year(self, release_id: int) -> int:
        bits = mix(self._salt, release_id)
        if bits % 10_000 < YEAR_UNKNOWN:
            return 0
        return 1955 + max((bits >> 20) % 71, (bits >> 40) % 71)

    def artists(self, release_id: int) -> list[Artist]:
        dice = Dice(self.seed, release_id, "artists")
        if dice.chance(VARIOUS_ARTISTS):
            return [_VARIOUS]
        count = _several(dice, SEVERAL_ARTISTS, _ARTISTS_MAX)
        return [self._artist(dice, last=position == count - 1) for position in range(count)]

    def labels(self, release_id: int) -> list[Label]:
        dice = Dice(self.seed, release_id, "labels")
        count = _several(dice, SEVERAL_LABELS, _LABELS_MAX)
        catno = "none" if dice.chance(CATNO_NONE) else _catno(dice)
        return [self._label(dice, catno) for _ in range(count)]

    def formats(self, release_id: int) -> list[Format]:
        dice = Dice(self.seed, release_id, "formats")
        return [_format(dice) for _ in range(_several(dice, SEVERAL_FORMATS, _FORMATS_MAX))]

    def _genres(self, release_id: int) -> tuple[list[str], list[str]]:
        dice = Dice(self.seed, release_id, "genres")
        genres = _distinct(dice, words.GENRES, 2 if dice.chance(2000) else 1)
        if dice.chance(STYLELESS):
            return genres, []
        offered = tuple(dict.fromkeys(style for genre in genres for style in words.STYLES_OF_GENRE[genre]))
        return genres, _distinct(dice, offered, 1 + dice.below(3))

    def _master_id(self, release_id: int) -> int:
        bits = mix(self._salt + 2, release_id)
        return 0 if bits % 10_000 < MASTERLESS else 1 + (bits >> 16) % 3_900_000

    def _artist(self, dice: Dice, *, last: bool) -> Artist:
        number = dice.below(600) if dice.chance(5000) else dice.below(60_000)
        name = _artist_name(self.seed, number)
        anv = name.partition(" (")[0].upper() if dice.chance(700) else ""
        artist_id = 200 + number * 97
        return Artist(
            name=name,
            anv=anv,
            join="" if last else dice.pick(words.JOINS),
            id=artist_id,
            resource_url=f"{BASE}/artists/{artist_id}",
        )

    def _label(self, dice: Dice, catno: str) -> Label:
        number = dice.below(400) if dice.chance(6000) else dice.below(30_000)
        label_id = 1 + number * 53
        name = _label_name(self.seed, number)
        return Label(name=name, catno=catno, id=label_id, resource_url=f"{BASE}/labels/{label_id}")


def release_id_of(number: int) -> int:
    """The number-th release, all over the range of ids and never one twice."""
    return 1 + number * _STRIDE % RELEASE_ID_MAX


def number_of(release_id: int) -> int:
    """The way back from `release_id_of`."""
    return (release_id - 1) * _STRIDE_BACK % RELEASE_ID_MAX


def _several(dice: Dice, chance: int, most: int) -> int:
    """One, by the chance given two, and seldom up to the most that was ever seen."""
    if not dice.chance(chance):
        return 1
    count = 2
    while count < most and dice.chance(3500):
        count += 1
    return count


@lru_cache(_NAMES_REMEMBERED)
def _artist_name(seed: int, number: int) -> str:
    dice = Dice(seed, "artist", number)
    name = _named(dice, words.ARTIST_TEMPLATES)
    return f"{name} ({2 + dice.below(30)})" if dice.chance(ARTIST_NUMBERED) else name


@lru_cache(_NAMES_REMEMBERED)
def _label_name(seed: int, number: int) -> str:
    return _named(Dice(seed, "label", number), words.LABEL_TEMPLATES)


def _named(dice: Dice, templates: tuple[str, ...]) -> str:
    return dice.pick(templates).format(
        a=dice.pick(words.ADJECTIVES), n=dice.pick(words.NOUNS), m=dice.pick(words.NOUNS)
    )


def _catno(dice: Dice) -> str:
    letters = "".join(dice.pick("ABCDEFGHKLMNPRSTVWZ") for _ in range(2 + dice.below(3)))
    number = str(1 + dice.below(9999)).zfill(3)
    return letters + dice.pick(("", " ", "-", " - ")) + number + dice.pick(("", "", "", "LP", "CD", "-1"))


def _format(dice: Dice) -> Format:
    name = dice.pick(words.FORMAT_NAMES)
    qty = 1
    if dice.chance(1300):
        qty = 2 + dice.below(2) if dice.chance(9000) else 4 + dice.below(42)
    text: str | UnsetType = dice.pick(words.FORMAT_TEXTS) if dice.chance(FORMAT_WITH_TEXT) else UNSET
    descriptions: list[str] | UnsetType = UNSET
    if not dice.chance(FORMAT_UNDESCRIBED):
        descriptions = _distinct(dice, words.DESCRIPTIONS_OF_FORMAT[name], 1 + dice.below(3))
    return Format(name=name, qty=str(qty), text=text, descriptions=descriptions)


def _distinct(dice: Dice, options: tuple[str, ...], count: int) -> list[str]:
    return list(dict.fromkeys(dice.pick(options) for _ in range(count)))
