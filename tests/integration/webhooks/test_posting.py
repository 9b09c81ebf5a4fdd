"""One try of one delivery, against a receiver on loopback: where it may go, and what it makes of the answer."""

import asyncio
import ssl

import pytest

from cratesync.server.edge import ApiError
from cratesync.server.webhooks.addresses import Targets
from cratesync.server.webhooks.posting import ANSWER_BYTES_READ, Arrived, Missed, Post
from integration.proxies.certificates import issue
from integration.webhooks.receiver import HOST, receiving

PUBLIC = "93.184.216.34"
NAME = "receiver.example"


class Names:
    """A resolver whose next answers are handed in; it counts how often it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, name: str, port: int) -> list[str]:
        self.asked.append((name, port))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not answer:
            raise OSError("There is no such name.")
        return answer


def post_to(
    *answers: list[str], private: bool = True, forbidden: frozenset[str] = frozenset(), **more
) -> Post:
    names = Names(*(answers or ([HOST],)))
    return Post(Targets(forbidden_hosts=forbidden, private_allowed=private, resolve=names), **more)


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("tls") / "certificates", NAME)


@pytest.fixture
async def tls_receiver(certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.both)
    async with receiving(tls=context) as receiver:
        yield receiver


async def test_the_body_and_the_headers_arrive_as_they_are(receiver):
    sent = await post_to().send(receiver.url, b'{"a": 1}', {"webhook-id": "x"})

    (got,) = receiver.received
    assert sent == Arrived(204)
    assert (got.line, got.body, got.id) == ("POST /hook HTTP/1.1", b'{"a": 1}', "x")
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("Cratesync/")
    assert "cookie" not in got.headers


async def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_proved_by_tls(
    tls_receiver, certificates
):
    names = Names([HOST], ["127.0.0.9"])
    targets = Targets(forbidden_hosts=frozenset(), private_allowed=True, resolve=names)
    post = Post(targets, tls=certificates.trusting())

    sent = await post.send(f"https://{NAME}:{tls_receiver.port}/hook?a=b", b"{}", {})

    assert sent == Arrived(204)
    assert names.asked == [(NAME, tls_receiver.port)]
    assert tls_receiver.received[0].headers["host"] == f"{NAME}:{tls_receiver.port}"
    assert tls_receiver.received[0].line == "POST /hook?a=b HTTP/1.1"


async def test_a_certificate_of_another_name_or_of_an_unknown_authority_is_not_taken(
    tls_receiver, certificates
):
    strange = await post_to(tls=certificates.trusting()).send(
        f"https://other.example:{tls_receiver.port}/", b"{}", {}
    )
    unknown = await post_to().send(f"https://{NAME}:{tls_receiver.port}/", b"{}", {})

    for missed in (strange, unknown):
        assert isinstance(missed, Missed)
        assert missed.status is None
        assert "CERTIFICATE_VERIFY_FAILED" in missed.error
    assert tls_receiver.received == []


async def test_the_next_address_is_tried_where_nobody_listens(receiver):
    sent = await post_to(["127.0.0.9", HOST]).send(f"http://{NAME}:{receiver.port}/", b"{}", {})
    assert sent == Arrived(204)


@pytest.mark.parametrize(
    "found", [["127.0.0.2"], [PUBLIC, "127.0.0.2"], ["::ffff:127.0.0.2"], ["169.254.169.254"], ["fe80::1%1"]]
)
async def test_a_name_that_leads_to_a_private_address_is_not_connected_to(receiver, found):
    post = post_to(found, private=False)
    missed = await post.send(f"https://{NAME}:{receiver.port}/", b"{}", {})

    assert isinstance(missed, Missed)
    assert "not public" in missed.error
    assert receiver.connections == 0


async def test_a_name_that_is_turned_to_a_private_address_later_is_not_connected_to(receiver):
    names = Names([PUBLIC], [HOST])
    targets = Targets(forbidden_hosts=frozenset(), private_allowed=False, resolve=names)
    url = f"https://{NAME}:{receiver.port}/"

    assert (await targets.find(url)).addresses == (PUBLIC,)
    missed = await Post(targets).send(url, b"{}", {})

    assert isinstance(missed, Missed)
    assert "not public" in missed.error
    assert receiver.connections == 0


async def test_a_name_that_nobody_knows_and_a_providers_host_are_told(receiver):
    unknown = await post_to([]).send(f"https://{NAME}/", b"{}", {})
    provider = await post_to(forbidden=frozenset({NAME})).send(f"http://{NAME}:{receiver.port}/", b"{}", {})

    assert unknown == Missed(None, f"The name {NAME} is not known.")
    assert provider == Missed(None, "No webhook leads to the very service that is mirrored here.")
    assert receiver.connections == 0


async def test_a_name_whose_servers_do_not_answer_is_not_waited_for():
    async def never(_name: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    targets = Targets(forbidden_hosts=frozenset(), private_allowed=False, resolve=never, seconds_max=0.05)
    async with asyncio.timeout(5):
        with pytest.raises(ApiError, match="is not known"):
            await targets.find(f"https://{NAME}/")


async def test_redirects_are_not_followed(receiver):
    receiver.answers = [
        f"HTTP/1.1 307 X\r\nLocation: {receiver.url}/further\r\nContent-Length: 0\r\n\r\n".encode()
    ]
    missed = await post_to().send(receiver.url, b"{}", {})

    assert missed == Missed(307, "It answered 307: redirects are not followed.")
    assert len(receiver.received) == 1


async def test_a_receiver_that_does_not_answer_costs_a_bounded_time(receiver):
    receiver.answers = [None]
    missed = await post_to(seconds_max=0.2).send(receiver.url, b"{}", {})
    assert missed == Missed(None, "There was no whole answer within 0.2 s.")


async def test_of_a_refusal_a_short_clean_line_is_kept(receiver):
    body = b"\x00\x1b[31mno\nmore \xff" + b"x" * 3 * ANSWER_BYTES_READ
    receiver.answers = [f"HTTP/1.1 500 X\r\nContent-Length: {10**9}\r\n\r\n".encode() + body]
    missed = await post_to().send(receiver.url, b"{}", {})

    assert isinstance(missed, Missed)
    assert missed.status == 500
    assert missed.error.startswith("It answered 500: [31mno more \ufffdxxx")
    assert len(missed.error) < 250


async def test_the_status_of_an_answer_that_is_cut_off_is_known(receiver):
    receiver.answers = [b"HTTP/1.1 503 X\r\nContent-Length: 100\r\n\r\nbusy"]
    assert await post_to().send(receiver.url, b"{}", {}) == Missed(503, "It answered 503: busy")


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200"])
async def test_what_is_no_answer_has_not_arrived(receiver, answer):
    receiver.answers = [answer]
    missed = await post_to().send(receiver.url, b"{}", {})

    assert isinstance(missed, Missed)
    assert missed.status is None
    assert missed.error


async def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.9:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.9:1")
    assert await post_to().send(receiver.url, b"{}", {}) == Arrived(204)
