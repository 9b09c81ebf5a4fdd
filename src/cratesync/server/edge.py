"""The one table from what goes wrong to what a caller is told: `{code, message, …}` with a status."""

import re
from typing import TypeAlias

import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import TimeoutError as DatabaseBusyError

from cratesync.server.store.passing_faults import is_away, is_rolled_back
from cratesync.server.transaction import UserGoneError

Extra: TypeAlias = str | int | float | bool | None
AnyRequest: TypeAlias = Request[object, object, State]

_log = structlog.stdlib.get_logger(__name__)


class ApiError(Exception):
    """A fault with a stable code, an HTTP status, a sentence for a person, and what else a program may want to know."""

    def __init__(
        self,
        code: str,
        status: int,
        sentence: str,
        /,
        *,
        headers: dict[str, str] | None = None,
        **extra: Extra,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status
        self.sentence = sentence
        self.headers = headers or {}
        self.extra = extra

    def body(self) -> dict[str, Extra]:
        """What is sent."""
        return {"code": self.code, "message": self.sentence, **self.extra}


def not_signed_in(sentence: str = "Sign in to do this.") -> ApiError:
    """401: no token, or none that is good."""
    return ApiError("not_signed_in", 401, sentence, headers={"WWW-Authenticate": "Bearer"})


def not_found(what: str = "Nothing") -> ApiError:
    """404: there is no such thing, or it is somebody else's."""
    return ApiError("not_found", 404, f"{what} was found at this address.")


def too_many_requests(sentence: str, retry_after_seconds: int) -> ApiError:
    """429: come back later."""
    return ApiError(
        "too_many_requests",
        429,
        sentence,
        headers={"Retry-After": str(retry_after_seconds)},
        retryAfterSeconds=retry_after_seconds,
    )


_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be understood."),
    401: ("not_signed_in", "Sign in to do this."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "Nothing was found at this address."),
    405: ("method_not_allowed", "This address does not answer this method."),
    413: ("body_too_large", "The body of the request is too large."),
    415: ("unsupported_media_type", "The body must be JSON."),
    429: ("too_many_requests", "Too many requests; come back later."),
}


def read_error(error: Exception) -> ApiError:
    """Find the answer to any exception. What nobody foresaw tells nothing of itself."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, ValidationException):
        return _invalid_parameter(error)
    if isinstance(error, HTTPException) and error.status_code in _BY_STATUS:
        code, sentence = _BY_STATUS[error.status_code]
        return ApiError(code, error.status_code, sentence, headers=error.headers)
    if isinstance(error, UserGoneError):
        return not_signed_in("This account does not exist any more.")
    if isinstance(error, DatabaseBusyError) or is_rolled_back(error) or is_away(error):
        return ApiError(
            "busy", 503, "The server is busy; try again in a moment.", headers={"Retry-After": "5"}
        )
    return ApiError("server_fault", 500, "Something went wrong here; the server's log says more.")


def answer_error(request: AnyRequest, error: Exception) -> Response[dict[str, Extra]]:
    """Litestar's exception handler for everything."""
    known = read_error(error)
    if known.status == 500:
        _log.error("server_fault", method=request.method, path=request.url.path, exc_info=error)
    return Response(known.body(), status_code=known.status, headers=known.headers, media_type=MediaType.JSON)


# --- bodies and parameters ------------------------------------------------------------------------------------------

_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<name>[^`]*)`")
_MISSING_FIELD = re.compile(r"missing required field `(?P<name>[^`]*)`")
_UNDERSCORE = re.compile(r"_(?P<letter>[a-z])")
_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`")


def invalid_body(error: msgspec.DecodeError | UnicodeError | RecursionError) -> ApiError:
    """What was wrong with a JSON body. msgspec's text names paths and types, and never repeats a value."""
    if not isinstance(error, msgspec.ValidationError):
        return ApiError("bad_json", 400, "The body is not valid JSON.")
    text = str(error)
    path = _PATH.search(text)
    place = path["path"] if path else ""
    if found := _UNKNOWN_FIELD.search(text):
        name = _join(place, found["name"])
        return ApiError("unknown_field", 400, f"There is no field {name!r}.", field=name)
    if found := _MISSING_FIELD.search(text):
        name = _join(place, found["name"])
        return ApiError("invalid_body", 400, f"The field {name!r} is missing.", field=name)
    what = _PATH.sub("", text).replace("`", "")
    if ", got " in text:
        return ApiError("wrong_type", 400, f"{_name(place)} has the wrong type: {what}.", field=place)
    return ApiError("invalid_body", 400, f"{_name(place)} is not valid: {what}.", field=place)


def _invalid_parameter(error: ValidationException) -> ApiError:
    details = error.extra if isinstance(error.extra, list) else []
    first = details[0] if details and isinstance(details[0], dict) else {}
    name = str(first.get("key", ""))
    if name == "data":  # Litestar's name for the body
        return ApiError("bad_json", 400, "The request needs a JSON body.")
    name = _UNDERSCORE.sub(
        lambda found: found["letter"].upper(), name
    )  # Litestar names the handler's argument
    what = str(first.get("message", "it could not be read")).replace("`", "")
    return ApiError("invalid_parameter", 400, f"The parameter {name!r} is not valid: {what}.", field=name)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _name(path: str) -> str:
    return f"The field {path!r}" if path else "The body"
