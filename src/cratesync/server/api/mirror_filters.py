"""The parameters by which lists, facets and statistics are narrowed and sorted."""

from collections.abc import Iterable
from typing import Annotated, Literal

from litestar.di import NamedDependency, Provide
from litestar.params import Parameter, QueryParameter
from msgspec import Meta, structs

from cratesync.server.store.filters import DECADE_YEARS, Filters
from cratesync.server.store.orders import Order, Sort
from cratesync.server.store.search import QUERY_WORDS_MAX, query_words

QUERY_CHARACTERS_MAX = 200
TEXT_CHARACTERS_MAX = 500
VALUES_MAX = 20
ID_MAX = 2**63 - 1
NUMBER_MAX = 2**31 - 1
YEAR_MAX = 9999

_Text = Annotated[str, Meta(max_length=TEXT_CHARACTERS_MAX)]
_Id = Annotated[int, Meta(ge=0, le=ID_MAX)]
_Year = Annotated[int, Meta(ge=0, le=YEAR_MAX)]
_Decade = Annotated[int, Meta(ge=0, le=YEAR_MAX, multiple_of=DECADE_YEARS)]
_Rating = Annotated[int, Meta(ge=0, le=NUMBER_MAX)]

Query = Annotated[
    str | None,
    Parameter(
        max_length=QUERY_CHARACTERS_MAX,
        description="Records that have, for each of these words, one that begins with it: in title, artists, labels, catalogue "
        "numbers, formats, genres, styles, year or notes. Case, accents and punctuation do not count; the first "
        f"{QUERY_WORDS_MAX} words do. A text without any word finds nothing, an empty one everything.",
    ),
]
Folder = Annotated[
    list[_Id] | None,
    Parameter(max_items=VALUES_MAX, description="In one of these folders; 0 is all of them."),
]
Genre = Annotated[list[_Text] | None, Parameter(max_items=VALUES_MAX, description="Of one of these genres.")]
Style = Annotated[list[_Text] | None, Parameter(max_items=VALUES_MAX, description="Of one of these styles.")]
Format = Annotated[
    list[_Text] | None,
    Parameter(
        max_items=VALUES_MAX,
        description="With one of these names or descriptions of a format: `Vinyl`, `LP`, `Reissue`.",
    ),
]
Decade = Annotated[
    list[_Decade] | None,
    Parameter(
        max_items=VALUES_MAX, description="Of one of these decades, by first year: `1970`. 0: unknown."
    ),
]
Year = Annotated[
    list[_Year] | None, Parameter(max_items=VALUES_MAX, description="Of one of these years. 0: unknown.")
]
Label = Annotated[list[_Text] | None, Parameter(max_items=VALUES_MAX, description="On one of these labels.")]
Artist = Annotated[
    list[_Text] | None,
    Parameter(
        max_items=VALUES_MAX, description="By one of these artists, as Discogs writes them: `Prince (2)`."
    ),
]
Rating = Annotated[
    list[_Rating] | None, Parameter(max_items=VALUES_MAX, description="With one of these ratings. 0: none.")
]
MasterId = Annotated[
    list[_Id] | None,
    QueryParameter(name="masterId", max_items=VALUES_MAX, description="Of one of these masters. 0: none."),
]
ReleaseId = Annotated[
    list[_Id] | None,
    QueryParameter(name="releaseId", max_items=VALUES_MAX, description="Of one of these releases."),
]
SortBy = Annotated[
    Sort,
    Parameter(
        description="What the list goes by: its key (instance or release), when a record was added, its first artist, title, "
        "year, first label with catalogue number, or rating. Records without one come last, either way; those that "
        "have the same go by key.",
    ),
]
Direction = Annotated[Literal["asc", "desc"], Parameter(description="Which way.")]


def narrowed(
    q: Query = None,
    genre: Genre = None,
    style: Style = None,
    format: Format = None,
    decade: Decade = None,
    year: Year = None,
    label: Label = None,
    artist: Artist = None,
    rating: Rating = None,
    master_id: MasterId = None,
    release_id: ReleaseId = None,
) -> Filters:
    """The filters that both lists have."""
    return Filters(
        words=query_words(q),
        genres=_texts(genre),
        styles=_texts(style),
        formats=_texts(format),
        decades=tuple(decade or ()),
        years=tuple(year or ()),
        labels=_texts(label),
        artists=_texts(artist),
        ratings=tuple(rating or ()),
        masters=tuple(master_id or ()),
        releases=tuple(release_id or ()),
    )


def narrowed_to_folders(narrowed: NamedDependency[Filters], folder: Folder = None) -> Filters:
    """The collection's own filter beside them."""
    return structs.replace(narrowed, folders=tuple(folder or ()))


def sorted_by(sort: SortBy = "key", order: Direction = "asc") -> Order:
    """The order of a list."""
    return Order(sort, order == "desc")


def _texts(values: Iterable[str] | None) -> tuple[str, ...]:
    """U+FFFD stands for a NUL in what is stored, too."""
    return tuple(value.replace("\x00", "\ufffd") for value in values or ())


IN_WANTLIST = {"filters": Provide(narrowed, sync_to_thread=False)}
IN_COLLECTION = {
    "narrowed": Provide(narrowed, sync_to_thread=False),
    "filters": Provide(narrowed_to_folders, sync_to_thread=False),
}
SORTED = {"sorting": Provide(sorted_by, sync_to_thread=False)}
