"""Serving the page: one document, told which Discogs it may call, and files whose names change with what is in them."""

import mimetypes
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from cratesync.server.api.docs import PAGE as API_PAGE
from cratesync.server.edge import not_found
from cratesync.server.settings import Settings

BUILT = Path(__file__).parent / "built"
UPSTREAM = '<meta name="cratesync-upstream" content="https://api.discogs.com" />'
"""What the document holds as it is built; a test of the build looks for it."""

# Where Discogs' covers are: docs/reference/discogs.md. The simulator has its own.
COVERS = "https://i.discogs.com"
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@get("/", include_in_schema=False, sync_to_thread=True)
def get_page(settings: NamedDependency[Settings]) -> Response[str] | Redirect:
    """The document. A checkout whose page was not built shows the API instead."""
    document = BUILT / "index.html"
    if not document.exists():
        return Redirect(settings.public_path + API_PAGE, status_code=302)
    upstream = UPSTREAM.replace("https://api.discogs.com", escape(settings.discogs_url))
    page = document.read_text().replace(UPSTREAM, upstream)
    headers = {"Content-Security-Policy": policy(settings.discogs_url), "Cache-Control": "no-cache"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@get("/assets/{name:str}", include_in_schema=False, sync_to_thread=True)
def get_asset(name: FromPath[str], settings: NamedDependency[Settings]) -> Response[bytes]:
    """A part of the page. A worker's script brings a policy of its own: it does not take over the document's."""
    file = BUILT / "assets" / name
    if file.parent != BUILT / "assets" or not file.is_file():
        raise not_found()
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = _FOR_EVER | {"Content-Security-Policy": worker_policy(settings.discogs_url)}
    return Response(file.read_bytes(), media_type=media_type, headers=headers)


def policy(discogs_url: str) -> str:
    """Scripts and styles of our own alone; calls to the server and to Discogs; covers."""
    discogs = _origin(discogs_url)
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' data: {COVERS} {discogs}; connect-src 'self' {discogs}; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def worker_policy(discogs_url: str) -> str:
    """What the worker makes calls to: the server and Discogs alone."""
    return f"default-src 'none'; script-src 'self'; connect-src 'self' {_origin(discogs_url)}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


ROUTES = (get_page, get_asset)
