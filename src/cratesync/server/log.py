"""The server's log: one line a change of state, for people or as JSON, never with a secret in it."""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "<hidden>"

_SECRET_NAME = re.compile(
    r"token|password|secret|authorization|cookie|headers|body|credential", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"cr[sl]_[A-Za-z0-9_-]{8,}"  # personal access tokens, one-time codes
    r"|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # JWTs
    r"|(?<=token=)[^\s&\"',]+"  # Discogs' own header and query
    r"|(?<=Bearer )\S+"
    r"|(?<=://)[^\s/@]+:[^\s/@]+(?=@)"  # user and password of a URL
    r"|(?<=\w)\?[^\s\"'<>)]*=[^\s\"'<>)]*",  # the query of a URL
)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The safety net: whatever looks like a secret is hidden, by its name or by its looks."""
    return {
        name: HIDDEN
        if _SECRET_NAME.search(name)
        else _SECRET_TEXT.sub(HIDDEN, value)
        if isinstance(value, str)
        else value
        for name, value in event.items()
    }


def configure_logging(log_format: str) -> None:
    """Send our own lines and the libraries' to standard error, in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [structlog.processors.format_exc_info, redact]
    if log_format == "json":
        last.append(structlog.processors.JSONRenderer())
    else:
        # The default would print every frame's variables, and with them headers and passwords.
        plain = structlog.dev.plain_traceback
        last.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("alembic", "httpx", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
