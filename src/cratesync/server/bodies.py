"""How JSON bodies are read: strictly, into the type that the handler's `data` names."""

from collections.abc import Generator
from typing import TypeVar

import msgspec
from litestar._openapi.schema_generation import SchemaCreator  # the base class names it
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition
from msgspec import Struct

from cratesync.server.edge import invalid_body

BODY_BYTES_MAX = 64 * 1024

T = TypeVar("T", bound=Struct)


class Body(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a caller may send: camelCase, nothing else beside it."""


class Shape(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a caller is sent: camelCase."""


class StrictBody(AbstractDTO[T]):
    """Litestar's way in for bodies. Its own would take `"true"` for true and lose the name of an unknown field."""

    model_type = Struct  # type: ignore[assignment]

    def decode_bytes(self, value: bytes) -> Struct:
        """Read the body. Raises `ApiError`."""
        handler = self.asgi_connection.route_handler
        if not isinstance(handler, HTTPRouteHandler) or handler.parsed_data_field is None:
            raise TypeError("Only a handler with `data` reads a body.")
        kind: type[Struct] = handler.parsed_data_field.annotation
        try:
            return msgspec.json.decode(value, type=kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise invalid_body(error) from None

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003 - the base names it
        """Answers are encoded as they are."""
        return False

    @classmethod
    def create_for_field_definition(
        cls, field_definition: object, handler_id: str, backend_cls: object = None
    ) -> None:
        """Nothing is to be made: there is no type between the body and the handler's own."""

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,  # noqa: ARG003 - the base names it
        schema_creator: SchemaCreator,
    ) -> Reference | Schema:
        """Describe the handler's own type."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(
        cls,
        model_type: type[object],  # noqa: ARG003 - the base names it
    ) -> Generator[DTOFieldDefinition, None, None]:
        """No fields of its own."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003 - the base names it
        """No fields of its own."""
        return False
