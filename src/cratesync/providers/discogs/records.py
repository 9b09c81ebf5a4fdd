"""Discogs' records, decoded into the mirror's.

The shapes are those of https://www.discogs.com/developers/#page:user-collection ("Collection Items By Folder"),
#page:user-wantlist and of recordings from 2014 to 2026. A regular record is decoded in one go; one with an odd value (a year
as text, a list that is null inside) is made regular first. Only its ids are indispensable.
"""

import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import unquote

from msgspec import UNSET, Struct, UnsetType, ValidationError, convert, json

from cratesync.engine.records import (
    Artist,
    Content,
    CustomField,
    CustomFields,
    Folder,
    Folders,
    Format,
    Id,
    Item,
    Label,
    Note,
    SideRecord,
    Small,
    Value,
    Want,
    digest_of,
)
from cratesync.providers.discogs import oddities
from cratesync.providers.discogs.oddities import Rule, each, identifier, shape, text

_T = TypeVar("_T", bound=Struct)

# The user that a URL of Discogs names: "https://api.discogs.com/users/{name}/wants/1", or "/users/{name}/…" alone.
_USER_IN_URL = re.compile(r"[^?#]*?/users/([^/?#]+)")


class AnswerError(Exception):
    """An answer that cannot be read, with a stable code and a sentence for a person. Never leaves this package."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence


def not_this_shape(what: str) -> AnswerError:
    """JSON, but not what was asked for."""
    return AnswerError("wrong_shape", f"The answer does not look like {what} from Discogs.")


# --- shapes on the wire -----------------------------------------------------------------------------------------------


class BasicInformation(Struct, gc=False):
    """Omitted in 2014-17: master_id, genres, styles, cover_image. Omitted rather than null: styles, text, descriptions."""

    id: Id | None = None
    master_id: Id | None = None
    title: str | None = None
    year: Small | None = None
    artists: tuple[Artist, ...] | None = None
    labels: tuple[Label, ...] | None = None
    formats: tuple[Format, ...] | None = None
    genres: tuple[str, ...] | None = None
    styles: tuple[str, ...] | None = None
    thumb: str | None = None
    cover_image: str | None = None


class _Note(Struct, gc=False):
    field_id: Id | None = None
    value: str | None = None


class _Item(Struct, gc=False):
    """`notes` is absent when empty; `folder_id` and private notes are shown to the owner only."""

    id: Id | None = None
    instance_id: Id | None = None
    folder_id: Id | None = None
    rating: Small | None = None
    date_added: str | None = None
    notes: list[_Note] | None = None
    basic_information: BasicInformation | None = None


class _Want(Struct, gc=False):
    """A want's `notes` is text, and missing in older answers."""

    id: Id | None = None
    rating: Small | None = None
    date_added: str | None = None
    notes: str | None = None
    basic_information: BasicInformation | None = None


class _Folder(Struct, gc=False):
    id: Id | None = None
    name: str | None = None
    count: Id | None = None
    resource_url: str | None = None


class _CustomField(Struct, gc=False):
    """`options` comes with a drop-down, `lines` with a text area."""

    id: Id | None = None
    name: str | None = None
    type: str | None = None
    position: Small | None = None
    public: bool | None = None
    options: tuple[str, ...] | None = None
    lines: Small | None = None


class _Folders(Struct):
    folders: list[_Folder]


class _CustomFields(Struct):
    fields: list[_CustomField]


class _Value(Struct, gc=False):
    minimum: str | UnsetType | None = UNSET
    median: str | UnsetType | None = UNSET
    maximum: str | UnsetType | None = UNSET


ARTISTS: Rule = each(shape(id=identifier, name=text, anv=text, join=text, role=text, tracks=text))
LABELS: Rule = each(shape(id=identifier, name=text, catno=text))
BASIC_RULES: dict[str, Rule] = {
    "id": identifier,
    "master_id": identifier,
    "title": text,
    "year": oddities.small_number,
    "artists": ARTISTS,
    "labels": LABELS,
    "formats": each(shape(name=text, qty=oddities.quantity, text=text, descriptions=oddities.texts)),
    "genres": oddities.texts,
    "styles": oddities.texts,
    "thumb": text,
    "cover_image": text,
}
_ITEM = shape(
    id=identifier,
    instance_id=identifier,
    folder_id=identifier,
    rating=oddities.small_number,
    date_added=text,
    notes=each(shape(field_id=identifier, value=text)),
    basic_information=shape(**BASIC_RULES),
)
_WANT = shape(
    id=identifier,
    rating=oddities.small_number,
    date_added=text,
    notes=text,
    basic_information=shape(**BASIC_RULES),
)
_FOLDERS = shape(folders=each(shape(id=identifier, name=text, count=identifier, resource_url=text)))
_CUSTOM_FIELDS = shape(
    fields=each(
        shape(
            id=identifier,
            name=text,
            type=text,
            position=oddities.small_number,
            public=oddities.flag,
            options=oddities.texts,
            lines=oddities.small_number,
        )
    )
)
_VALUE = shape(minimum=text, median=text, maximum=text)


_ITEM_DECODER = json.Decoder(_Item)
_WANT_DECODER = json.Decoder(_Want)
_FOLDERS_DECODER = json.Decoder(_Folders)
_CUSTOM_FIELDS_DECODER = json.Decoder(_CustomFields)
_VALUE_DECODER = json.Decoder(_Value)


# --- reading ----------------------------------------------------------------------------------------------------------


def item(source: bytes) -> Item:
    """One owned copy."""
    sent = decode(source, _ITEM_DECODER, _Item, _ITEM)
    basic = sent.basic_information or BasicInformation()
    release_id = basic.id if sent.id is None else sent.id
    if sent.instance_id is None or release_id is None:
        raise not_this_shape("an item of a collection")
    return Item(
        instance_id=sent.instance_id,
        release_id=release_id,
        content=content_of(basic, release_id),
        source_digest=digest_of(source),
        folder_id=sent.folder_id,
        rating=sent.rating,
        date_added=sent.date_added,
        notes=tuple(
            [Note(note.field_id, note.value) for note in sent.notes or () if note.field_id is not None]
        ),
        thumb=basic.thumb,
        cover_image=basic.cover_image,
    )


def want(source: bytes) -> Want:
    """One wanted release."""
    sent = decode(source, _WANT_DECODER, _Want, _WANT)
    basic = sent.basic_information or BasicInformation()
    release_id = basic.id if sent.id is None else sent.id
    if release_id is None:
        raise not_this_shape("a release of a wantlist")
    return Want(
        release_id=release_id,
        content=content_of(basic, release_id),
        source_digest=digest_of(source),
        rating=sent.rating,
        date_added=sent.date_added,
        notes=sent.notes,
        thumb=basic.thumb,
        cover_image=basic.cover_image,
    )


def folders(source: bytes, account: str | None) -> SideRecord:
    """All folders of a collection (https://www.discogs.com/developers/#page:user-collection, "Collection")."""
    found = []
    for sent in decode(source, _FOLDERS_DECODER, _Folders, _FOLDERS).folders:
        if sent.id is None:
            raise not_this_shape("a list of folders")
        check_owner(sent.resource_url, account)
        found.append(Folder(id=sent.id, name=sent.name or "", count=sent.count))
    return Folders(tuple(found))


def custom_fields(source: bytes, _account: str | None) -> SideRecord:
    """All custom fields of a collection (same page, "List Custom Fields")."""
    found = []
    for sent in decode(source, _CUSTOM_FIELDS_DECODER, _CustomFields, _CUSTOM_FIELDS).fields:
        if sent.id is None:
            raise not_this_shape("a list of custom fields")
        found.append(
            CustomField(
                id=sent.id,
                name=sent.name or "",
                type=sent.type or "",
                position=sent.position,
                public=sent.public,
                options=sent.options,
                lines=sent.lines,
            )
        )
    return CustomFields(tuple(found))


def value(source: bytes, _account: str | None) -> SideRecord:
    """What a collection would fetch (same page, "Collection Value"); an object without any of the three is none."""
    sent = decode(source, _VALUE_DECODER, _Value, _VALUE)
    if sent.minimum is sent.median is sent.maximum is UNSET:
        raise not_this_shape("the value of a collection")
    return Value(
        minimum=None if sent.minimum is UNSET else sent.minimum,
        median=None if sent.median is UNSET else sent.median,
        maximum=None if sent.maximum is UNSET else sent.maximum,
    )


def check_owner(url: object, account: str | None) -> None:
    """Raises a `AnswerError` where a URL in the answer names another user.

    Discogs takes names in any case, and answers with its own spelling.
    """
    if account is None or not isinstance(url, str):
        return
    named = _USER_IN_URL.match(url)
    if named and unquote(named[1]).casefold() != account.casefold():
        raise AnswerError(
            "wrong_account", "The answer belongs to another Discogs account than the one asked for."
        )


def decode(source: bytes, decoder: json.Decoder[_T], regular: type[_T], rule: Rule) -> _T:
    """A regular value at once; an odd one is made regular first."""
    try:
        return decoder.decode(source)
    except ValidationError:
        odd = json.decode(source, type=object)
        if not isinstance(odd, Mapping):
            raise
        return convert(rule(odd), regular)


def content_of(sent: BasicInformation, release_id: int) -> Content:
    """What a release is, the same for everybody."""
    return Content(
        release_id=release_id if sent.id is None else sent.id,
        master_id=sent.master_id,
        title=sent.title,
        year=sent.year,
        artists=sent.artists or (),
        labels=sent.labels or (),
        formats=sent.formats or (),
        genres=sent.genres or (),
        styles=sent.styles or (),
    )
