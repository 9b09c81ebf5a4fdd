"""Puts a reply on the wire, whole or broken on cue."""

import gzip

from cratesync.simulator.call import Call, Send
from cratesync.simulator.faults import Kind
from cratesync.simulator.gate import Reply
from cratesync.simulator.headers import Headers, headers_of

_COMPRESSED_BYTES_MIN = 500
_FIXED_LENGTH = (201, 204, 422)


async def send_reply(send: Send, call: Call, reply: Reply, *, compress: bool, ray: str) -> None:
    answer = reply.answer
    headers = headers_of(
        answer,
        reply.backend,
        rate=reply.rate,
        methods=reply.methods,
        cross_origin="origin" in call.headers,
        ray=ray,
    )
    body = answer.body
    kind = reply.fault.kind if reply.fault else None
    if kind is Kind.TRUNCATED:
        body = body[: len(body) // 2]
        headers = [(name, value) for name, value in headers if name != "Content-Length"]
    accepts_gzip = "gzip" in call.headers.get("accept-encoding", "")
    if (
        compress
        and accepts_gzip
        and len(body) >= _COMPRESSED_BYTES_MIN
        and answer.status not in _FIXED_LENGTH
    ):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    if kind is Kind.CUT:
        await _send_half(send, answer.status, headers, body)
    else:
        await send_whole(send, answer.status, headers, body)


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": body})


async def _send_half(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Promise a length and stop half way: the server closes a connection whose answer is not complete."""
    promised = [
        *((n, v) for n, v in headers if n != "Content-Length"),
        ("Content-Length", str(len(body) + 1)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": _encoded(promised)})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
