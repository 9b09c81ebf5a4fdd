"""The API's description, and a page to browse it that needs nothing from anywhere else."""

from collections.abc import Mapping
from pathlib import Path
from string import Template

import msgspec
from litestar import Litestar, Response, get
from litestar.di import NamedDependency
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Server
from litestar.params import FromPath
from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]

from cratesync import __version__
from cratesync.server.api.openapi_3_0 import Json, to_3_0
from cratesync.server.edge import AnyRequest, not_found
from cratesync.server.security_headers import PAGE_POLICY
from cratesync.server.settings import Settings

PAGE = "/api/docs"

_HTML = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cratesync API</title>
<link rel="icon" type="image/png" href="$path/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="$path/api/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript. The description itself is at <a href="$path/api/openapi.json">$path/api/openapi.json</a>.</noscript>
<script src="$path/api/docs/swagger-ui-bundle.js"></script>
<script src="$path/api/docs/start.js"></script>
</body>
</html>
""")

_START = Template("""\
SwaggerUIBundle({
  url: "$path/api/docs/openapi-3.0.json",
  dom_id: "#page",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
""")

_FILES: Mapping[str, str] = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
_PAGE_HEADERS = {"Content-Security-Policy": PAGE_POLICY}
_CACHED = {"Cache-Control": "public, max-age=3600"}


def openapi_config(public_path: str) -> OpenAPIConfig:
    """What the description says of the API as a whole. Links begin with the public URL's path; it holds no character that
    would mean something in a page or a script."""
    return OpenAPIConfig(
        title="Cratesync",
        version=__version__,
        description="The server decides, the client fetches. Errors are `{code, message, …}` everywhere.",
        path="/api/openapi",
        servers=[Server(url=public_path or "/")],
        render_plugins=[JsonRenderPlugin()],
        security=[{"bearer": []}],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="An access token of a sign-in, or a personal one.",
                )
            }
        ),
        use_handler_docstrings=True,
    )


@get("/api/openapi.json", include_in_schema=False)
async def get_description(request: AnyRequest) -> Response[bytes]:
    """The description, OpenAPI 3.1."""
    return _json(describe(request.app))


@get(PAGE, include_in_schema=False)
async def get_page(settings: NamedDependency[Settings]) -> Response[str]:
    """The page to browse it."""
    page = _HTML.substitute(path=settings.public_path)
    return Response(page, media_type="text/html; charset=utf-8", headers=_PAGE_HEADERS)


@get(f"{PAGE}/openapi-3.0.json", include_in_schema=False)
async def get_description_3_0(request: AnyRequest) -> Response[bytes]:
    """The description as the page can read it."""
    return _json(msgspec.json.encode(to_3_0(_parse(describe(request.app)))))


@get(f"{PAGE}/start.js", include_in_schema=False)
async def get_start(settings: NamedDependency[Settings]) -> Response[str]:
    """What starts the page: a file of its own, since the policy runs no inline script."""
    script = _START.substitute(path=settings.public_path)
    return Response(script, media_type="text/javascript; charset=utf-8")


@get(f"{PAGE}/{{name:str}}", include_in_schema=False, sync_to_thread=True)
def get_file(name: FromPath[str]) -> Response[bytes]:
    """Swagger UI's own files."""
    if name not in _FILES:
        raise not_found()
    return Response((Path(swagger_ui_path) / name).read_bytes(), media_type=_FILES[name], headers=_CACHED)


def describe(app: Litestar) -> bytes:
    """The description of an app's routes, as JSON."""
    return msgspec.json.format(msgspec.json.encode(app.openapi_schema.to_schema()), indent=2) + b"\n"


def _parse(document: bytes) -> Json:
    parsed: Json = msgspec.json.decode(document)
    return parsed


def _json(document: bytes) -> Response[bytes]:
    return Response(document, media_type="application/json")


ROUTES = (get_description, get_page, get_description_3_0, get_start, get_file)
