"""Which query parameters each handler knows, its dependencies' among them, as the framework has worked it out."""

from collections.abc import Mapping
from typing import TypeAlias

from litestar import Litestar
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute

from cratesync.server.edge import ApiError

KnownParameters: TypeAlias = Mapping[BaseRouteHandler, frozenset[str]]

NAME_CHARACTERS_MAX = 100


def known_parameters(app: Litestar) -> KnownParameters:
    """Of all handlers."""
    return {
        handler: frozenset(parameter.field_alias for parameter in model.expected_query_params)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler, model in route.route_handler_map.values()
    }


def refuse_unknown(given: list[str], known: frozenset[str]) -> None:
    """A misspelt filter must not look like one that lets everything through. Raises `ApiError` (400)."""
    for name in given:
        if name not in known:
            shown = name[:NAME_CHARACTERS_MAX]
            raise ApiError("unknown_parameter", 400, f"There is no parameter {shown!r} here.", field=shown)
