"""A misspelt query parameter is refused wherever there are any, and those that are described are known."""

import re
from uuid import uuid4

import pytest
from litestar.routes import HTTPRoute

from cratesync.server.parameters import known_parameters

PATH_PARTS = {"int": "1", "uuid": str(uuid4()), "str": "some"}


@pytest.fixture
async def anna(server):
    return await server.register("anna")


def guarded(app):
    """Method and path of everything that wants a token."""
    return [
        (method, re.sub(r"{\w+:(\w+)}", lambda part: PATH_PARTS[part[1]], route.path))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.resolve_guards()
    ]


async def test_a_parameter_that_is_not_there_is_refused_by_every_call(server, anna):
    calls = guarded(server.server.app)
    for method, path in calls:
        answer = await anna.request(method, f"{path}?grene=Jazz")

        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_parameter"), (method, path)
        assert answer.json()["field"] == "grene"
    assert len(calls) > 40


async def test_all_that_the_description_names_are_known(server):
    app = server.server.app
    known = known_parameters(app)
    described = {
        (path, parameter.name)
        for path, item in app.openapi_schema.paths.items()
        for operation in (item.get, item.post, item.put, item.delete)
        if operation is not None
        for parameter in operation.parameters or ()
        if parameter.param_in == "query"
    }
    ours = {
        (re.sub(r"{(\w+):\w+}", r"{\1}", route.path), name)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for name in known.get(handler, ())
    }

    assert len(described) > 30
    assert described <= ours


async def test_who_is_not_signed_in_is_told_that_first(server):
    answer = await server.http.get("/api/collection?grene=Jazz")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_name_without_end_is_cut(anna):
    answer = await anna.get(f"/api/collection?{'x' * 5_000}=1")

    assert len(answer.json()["field"]) == 100
