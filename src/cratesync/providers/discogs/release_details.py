"""One release with all that Discogs tells of it (https://www.discogs.com/developers/#page:database,header:database-release).

The shapes are those of recordings from 2014 to 2026. Everything but the id may be missing: the older ones have no community,
no identifiers and no kind of track. Numbers in brackets are sections of our fact sheet, docs/reference/discogs.md.
"""

from typing import Annotated

from msgspec import Meta, Struct, json, structs

from cratesync.engine.records import (
    Artist,
    Community,
    Company,
    Id,
    Identifier,
    Image,
    Label,
    ReleaseDetails,
    Small,
    SubTrack,
    Track,
    Video,
)
from cratesync.providers.discogs import oddities
from cratesync.providers.discogs.oddities import AVERAGE_MAX, Rule, each, identifier, shape, text
from cratesync.providers.discogs.records import (
    ARTISTS,
    BASIC_RULES,
    LABELS,
    AnswerError,
    BasicInformation,
    content_of,
    decode,
    not_this_shape,
)


class _SubTrack(Struct, gc=False):
    """`extraartists` and `artists` are missing where there are none; `type_` was in no answer before about 2015."""

    position: str | None = None
    type_: str | None = None
    title: str | None = None
    duration: str | None = None
    artists: tuple[Artist, ...] | None = None
    extraartists: tuple[Artist, ...] | None = None


class _Track(_SubTrack, gc=False):
    sub_tracks: list[_SubTrack] | None = None


class _Company(Struct, gc=False):
    id: Id | None = None
    name: str | None = None
    catno: str | None = None
    entity_type_name: str | None = None


class _Identifier(Struct, gc=False):
    type: str | None = None
    value: str | None = None
    description: str | None = None


class _Video(Struct, gc=False):
    uri: str | None = None
    title: str | None = None
    description: str | None = None
    duration: Small | None = None


class _Image(Struct, gc=False):
    type: str | None = None
    uri: str | None = None
    uri150: str | None = None
    width: Small | None = None
    height: Small | None = None


class _Rating(Struct, gc=False):
    count: Small | None = None
    average: Annotated[float, Meta(ge=0, le=AVERAGE_MAX)] | None = None


class _Community(Struct, gc=False):
    have: Small | None = None
    want: Small | None = None
    rating: _Rating | None = None


class _Release(BasicInformation, gc=False):
    """What a list shows of a release, and more."""

    country: str | None = None
    released: str | None = None
    notes: str | None = None
    tracklist: list[_Track] | None = None
    extraartists: tuple[Artist, ...] | None = None
    companies: list[_Company] | None = None
    identifiers: list[_Identifier] | None = None
    series: tuple[Label, ...] | None = None
    videos: list[_Video] | None = None
    images: list[_Image] | None = None
    community: _Community | None = None


_SUB_TRACK: dict[str, Rule] = {
    "position": text,
    "type_": text,
    "title": text,
    "duration": text,
    "artists": ARTISTS,
    "extraartists": ARTISTS,
}
_RELEASE = shape(
    **BASIC_RULES,
    country=text,
    released=text,
    notes=text,
    tracklist=each(shape(**_SUB_TRACK, sub_tracks=each(shape(**_SUB_TRACK)))),
    extraartists=ARTISTS,
    companies=each(shape(id=identifier, name=text, catno=text, entity_type_name=text)),
    identifiers=each(shape(type=text, value=text, description=text)),
    series=LABELS,
    videos=each(shape(uri=text, title=text, description=text, duration=oddities.small_number)),
    images=each(
        shape(type=text, uri=text, uri150=text, width=oddities.small_number, height=oddities.small_number)
    ),
    community=shape(
        have=oddities.small_number,
        want=oddities.small_number,
        rating=shape(count=oddities.small_number, average=oddities.average),
    ),
)
_DECODER = json.Decoder(_Release)


def release_details(source: bytes, release_id: int) -> ReleaseDetails:
    """The release asked for. Raises `AnswerError` for another one."""
    sent = decode(source, _DECODER, _Release, _RELEASE)
    if sent.id is None:
        raise not_this_shape("a release")
    if sent.id != release_id:
        raise AnswerError("wrong_release", "The answer holds another release than the one asked for.")
    return ReleaseDetails(
        **structs.asdict(content_of(sent, release_id)),
        country=sent.country,
        released=sent.released,
        notes=sent.notes,
        tracklist=tuple([_track(each_sent) for each_sent in sent.tracklist or ()]),
        credits=sent.extraartists or (),
        companies=tuple([Company(c.id, c.name, c.catno, c.entity_type_name) for c in sent.companies or ()]),
        identifiers=tuple([Identifier(i.type, i.value, i.description) for i in sent.identifiers or ()]),
        series=sent.series or (),
        videos=tuple([Video(v.uri, v.title, v.description, v.duration) for v in sent.videos or ()]),
        images=tuple([Image(i.type, i.uri, i.uri150, i.width, i.height) for i in sent.images or ()]),
        community=_community(sent.community),
    )


def _track(sent: _Track) -> Track:
    whole = _sub_track(sent)
    parts = tuple([_sub_track(part) for part in sent.sub_tracks or ()])
    return Track(**structs.asdict(whole), sub_tracks=parts)


def _sub_track(sent: _SubTrack) -> SubTrack:
    return SubTrack(
        position=sent.position,
        type=sent.type_,
        title=sent.title,
        duration=sent.duration,
        artists=sent.artists or (),
        credits=sent.extraartists or (),
    )


def _community(sent: _Community | None) -> Community:
    if sent is None:
        return Community()
    rating = sent.rating or _Rating()
    return Community(sent.have, sent.want, rating.count, rating.average)
