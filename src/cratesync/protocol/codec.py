"""The one door between frames and messages: unknown in, typed out."""

import msgspec

from cratesync.protocol.messages import ClientMessage, ServerMessage

_client_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_server_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_encoder = msgspec.json.Encoder()


class MalformedMessageError(Exception):
    """A frame that is no message. `code` is `bad_json`, `unknown_type` or `bad_shape`; the text is for a person."""

    def __init__(self, code: str, sentence: str, message_id: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.message_id = message_id


class _Header(msgspec.Struct):
    """As much of a broken message as can be told without knowing its shape."""

    id: object = None
    type: object = None


_header_decoder = msgspec.json.Decoder(_Header)
_client_types = frozenset(str(member.__struct_config__.tag) for member in ClientMessage.__args__)
_server_types = frozenset(str(member.__struct_config__.tag) for member in ServerMessage.__args__)


def decode_client_message(frame: bytes | str) -> ClientMessage:
    """Read what a client sent. Raises `MalformedMessageError`."""
    try:
        return _client_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _fault(frame, error, _client_types) from None


def decode_server_message(frame: bytes | str) -> ServerMessage:
    """Read what the server sent. Raises `MalformedMessageError`; a client skips types it does not know."""
    try:
        return _server_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _fault(frame, error, _server_types) from None


def encode(message: ClientMessage | ServerMessage) -> bytes:
    """Write a message as the UTF-8 of one JSON text frame."""
    return _encoder.encode(message)


def _fault(frame: bytes | str, error: Exception, known: frozenset[str]) -> MalformedMessageError:
    try:
        header = _header_decoder.decode(frame)
    except msgspec.ValidationError:
        return MalformedMessageError("bad_shape", "A message is a JSON object with id, type and data.")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return MalformedMessageError("bad_json", "The frame is not valid JSON.")
    message_id = header.id if isinstance(header.id, str) and len(header.id) <= 200 else None
    if not isinstance(header.type, str) or header.type not in known:
        return MalformedMessageError("unknown_type", "No message of this type is known here.", message_id)
    # msgspec's text names the path and the expected type, and never repeats the value that was sent.
    return MalformedMessageError("bad_shape", f"The message has the wrong shape: {error}.", message_id)
