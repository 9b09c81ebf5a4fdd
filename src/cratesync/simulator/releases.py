"""The full answer for one release: what a collection shows of it, and all that was invented around it."""

from msgspec import UNSET, Struct, UnsetType

from cratesync.simulator import vocabulary as words
from cratesync.simulator.dice import Dice
from cratesync.simulator.pacific import pacific
from cratesync.simulator.records import BASE, Artist, BasicInformation, Format, Label

_RELEASED_UNKNOWN = 1500  # of 10,000


class Rating(Struct, frozen=True):
    count: int
    average: float


class Person(Struct, frozen=True):
    username: str
    resource_url: str


class Community(Struct, frozen=True):
    have: int
    want: int
    rating: Rating
    submitter: Person
    contributors: list[Person]
    data_quality: str
    status: str


class Identifier(Struct, frozen=True):
    type: str
    value: str
    description: str | UnsetType = UNSET


class Video(Struct, frozen=True):
    uri: str
    title: str
    description: str
    duration: int
    embed: bool


class Track(Struct, frozen=True):
    position: str
    type_: str
    title: str
    duration: str
    extraartists: list[Artist] | UnsetType = UNSET


class Image(Struct, frozen=True):
    type: str
    uri: str
    resource_url: str
    uri150: str
    width: int
    height: int


class Release(Struct, frozen=True):
    """In the key order of the recorded answers. Keys without a value are left out, `lowest_price` is null."""

    id: int
    status: str
    year: int
    resource_url: str
    uri: str
    artists: list[Artist]
    artists_sort: str
    labels: list[Label]
    series: list[Label]
    companies: list[Label]
    formats: list[Format]
    data_quality: str
    community: Community
    format_quantity: int
    date_added: str
    date_changed: str
    num_for_sale: int
    lowest_price: float | None
    title: str
    genres: list[str]
    tracklist: list[Track]
    thumb: str
    blocked_from_sale: bool
    is_offensive: bool
    master_id: int | UnsetType = UNSET
    master_url: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    released: str | UnsetType = UNSET
    released_formatted: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET
    styles: list[str] | UnsetType = UNSET
    identifiers: list[Identifier] | UnsetType = UNSET
    videos: list[Video] | UnsetType = UNSET
    extraartists: list[Artist] | UnsetType = UNSET
    images: list[Image] | UnsetType = UNSET
    estimated_weight: int | UnsetType = UNSET


def release_of(basic: BasicInformation, seed: int) -> Release:
    dice = Dice(seed, basic.id, "release")
    name = basic.artists[0].name if basic.artists else "Unknown Artist"
    quantity = sum(int(form.qty) if form.qty.isdigit() else 1 for form in basic.formats)
    added = 960_000_000 + dice.below(800_000_000)
    quality = dice.pick(("Correct", "Needs Vote", "Complete and Correct", "Needs Minor Changes"))
    for_sale = dice.below(60) if dice.chance(7000) else 0
    known_day = bool(basic.year) and not dice.chance(_RELEASED_UNKNOWN)
    month = 1 + dice.below(12)
    return Release(
        id=basic.id,
        status="Accepted",
        year=basic.year,
        resource_url=basic.resource_url,
        uri=f"https://www.discogs.com/release/{basic.id}-{_slug(name)}-{_slug(basic.title)}",
        artists=basic.artists,
        artists_sort=_sort_name(name),
        labels=basic.labels,
        series=[],
        companies=_companies(dice),
        formats=basic.formats,
        data_quality=quality,
        community=_community(dice, quality),
        format_quantity=quantity,
        date_added=pacific(added),
        date_changed=pacific(added + dice.below(50_000_000)),
        num_for_sale=for_sale,
        # Prices in another currency carry the noise of their conversion.
        lowest_price=(1 + dice.below(90)) / 1.064 if for_sale else None,
        title=basic.title,
        genres=basic.genres,
        tracklist=_tracklist(dice, sides="Vinyl" in (form.name for form in basic.formats)),
        thumb=basic.thumb,
        blocked_from_sale=False,
        is_offensive=False,
        master_id=basic.master_id or UNSET,
        master_url=basic.master_url or UNSET,
        country=dice.pick(words.COUNTRIES),
        released=f"{basic.year}-{month:02}-00" if known_day else UNSET,
        released_formatted=f"{_MONTHS[month - 1]} {basic.year}" if known_day else UNSET,
        notes=f"{dice.pick(words.REMARKS)}.\n{dice.pick(words.FORMAT_TEXTS)}."
        if dice.chance(6000)
        else UNSET,
        styles=basic.styles or UNSET,
        identifiers=_identifiers(dice),
        videos=_videos(dice, f"{name} - {basic.title}"),
        extraartists=_credits(dice, dice.below(9)) or UNSET,
        images=_images(basic) or UNSET,
        estimated_weight=230 * quantity,
    )


def _companies(dice: Dice) -> list[Label]:
    found = []
    for _ in range(dice.below(5)):
        code, role = dice.pick(words.COMPANY_ROLES)
        company_id = 1 + dice.below(30_000) * 53
        found.append(
            Label(
                name=f"{dice.pick(words.ADJECTIVES)} {dice.pick(words.NOUNS)} Ltd.",
                catno="",
                entity_type=code,
                entity_type_name=role,
                id=company_id,
                resource_url=f"{BASE}/labels/{company_id}",
            )
        )
    return found


def _community(dice: Dice, quality: str) -> Community:
    people = [_person(dice) for _ in range(1 + dice.below(6))]
    votes = dice.below(400)
    return Community(
        have=dice.below(5000),
        want=dice.below(3000),
        rating=Rating(count=votes, average=(250 + dice.below(250)) / 100 if votes else 0.0),
        submitter=people[0],
        contributors=people,
        data_quality=quality,
        status="Accepted",
    )


def _person(dice: Dice) -> Person:
    username = f"{dice.pick(words.NOUNS).lower()}_{dice.below(1000)}"
    return Person(username, f"{BASE}/users/{username}")


def _tracklist(dice: Dice, *, sides: bool) -> list[Track]:
    count = 2 + dice.below(16)
    tracks = []
    for number in range(count):
        half = (count + 1) // 2
        position = f"{'AB'[number // half]}{number % half + 1}" if sides else str(number + 1)
        guests = _credits(dice, 1 + dice.below(2)) if dice.chance(2000) else UNSET
        duration = f"{1 + dice.below(9)}:{dice.below(60):02}" if dice.chance(8500) else ""
        title = f"{dice.pick(words.ADJECTIVES)} {dice.pick(words.NOUNS)}"
        tracks.append(Track(position, "track", title, duration, guests))
    if dice.chance(500):
        tracks.insert(0, Track("", "heading", dice.pick(words.NOUNS), ""))
    return tracks


def _credits(dice: Dice, count: int) -> list[Artist]:
    found = []
    for _ in range(count):
        artist_id = 200 + dice.below(60_000) * 97
        name = f"{dice.pick(words.ADJECTIVES)} {dice.pick(words.NOUNS)}"
        role = ", ".join(dict.fromkeys(dice.pick(words.CREDIT_ROLES) for _ in range(1 + dice.below(2))))
        found.append(Artist(name=name, role=role, id=artist_id, resource_url=f"{BASE}/artists/{artist_id}"))
    return found


def _identifiers(dice: Dice) -> list[Identifier]:
    found = []
    if dice.chance(6000):
        found.append(Identifier("Barcode", str(10**12 + dice.below(9 * 10**12))))
    if dice.chance(5000):
        runout = f"{dice.pick(words.NOUNS).upper()[:4]}-{dice.below(999):03}-A¹"
        found.append(Identifier("Matrix / Runout", runout, "Side A, etched"))
    return found


def _videos(dice: Dice, title: str) -> list[Video] | UnsetType:
    if not dice.chance(6000):
        return UNSET
    return [Video(f"{BASE}/videos/{dice.below(10**9)}", title, title, 60 + dice.below(500), embed=True)]


def _images(basic: BasicInformation) -> list[Image]:
    if not basic.thumb:
        return []
    return [Image("primary", basic.cover_image, basic.cover_image, basic.thumb, 600, 600)]


def _slug(text: str) -> str:
    return "-".join("".join(sign if sign.isalnum() else " " for sign in text).split())


def _sort_name(name: str) -> str:
    plain = name.rsplit(" (", 1)[0]
    return f"{plain[4:]}, The" if plain.startswith("The ") else plain


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
