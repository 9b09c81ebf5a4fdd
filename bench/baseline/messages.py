"""What is said on the socket, and what Discogs' answers look like, as pydantic models."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel


class Data(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ClientInfo(Data):
    client_id: str = ""
    max_in_flight: int = Field(1, ge=1, le=1000)


class Credentials(Data):
    token: str = Field(min_length=1, max_length=4096)
    client: ClientInfo = ClientInfo()


class Authenticate(BaseModel):
    type: Literal["authenticate"]
    id: str
    data: Credentials


class Answer(Data):
    request_id: str = Field(min_length=1, max_length=100)
    status: int = Field(ge=0, le=999)
    headers: dict[str, str] = {}
    body: Any = None
    attempt: int | None = None


class DiscogsApiResponse(BaseModel):
    type: Literal["discogs_api_response"]
    id: str
    data: Answer


class Ping(BaseModel):
    type: Literal["ping"]
    id: str


ClientMessage: TypeAdapter[Authenticate | DiscogsApiResponse | Ping] = TypeAdapter(
    Annotated[Authenticate | DiscogsApiResponse | Ping, Field(discriminator="type")]
)


class SyncBody(Data):
    sync_type: Literal["collection"] = "collection"
    full_sync: bool = False


# --- Discogs ----------------------------------------------------------------------------------------------------------


class Identity(BaseModel):
    id: int
    username: str


class Artist(BaseModel):
    id: int | None = None
    name: str | None = None
    anv: str | None = None
    join: str | None = None
    role: str | None = None
    tracks: str | None = None


class Label(BaseModel):
    id: int | None = None
    name: str | None = None
    catno: str | None = None


class Format(BaseModel):
    name: str | None = None
    qty: str | None = None
    text: str | None = None
    descriptions: list[str] | None = None


class BasicInformation(BaseModel):
    id: int
    master_id: int | None = None
    title: str | None = None
    year: int | None = None
    artists: list[Artist] = []
    labels: list[Label] = []
    formats: list[Format] = []
    genres: list[str] = []
    styles: list[str] = []
    thumb: str | None = None
    cover_image: str | None = None


class Note(BaseModel):
    field_id: int
    value: str | None = None


class Item(BaseModel):
    id: int
    instance_id: int
    folder_id: int | None = None
    rating: int | None = None
    date_added: str | None = None
    notes: list[Note] = []
    basic_information: BasicInformation


class Pagination(BaseModel):
    page: int = Field(ge=1)
    pages: int = Field(ge=1)
    items: int = Field(ge=0)


class CollectionPage(BaseModel):
    pagination: Pagination
    releases: list[Item] = Field(max_length=100)


class Folder(BaseModel):
    id: int
    name: str
    count: int | None = None


class Folders(BaseModel):
    folders: list[Folder]


class CustomField(BaseModel):
    id: int
    name: str
    type: str
    position: int | None = None
    public: bool | None = None
    options: list[str] | None = None
    lines: int | None = None


class CustomFields(BaseModel):
    fields: list[CustomField]


class Value(BaseModel):
    minimum: str | None = None
    median: str | None = None
    maximum: str | None = None
