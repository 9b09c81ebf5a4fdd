"""The pure parts of webhooks: signatures, waits, and which addresses are public."""

from base64 import b64decode
from ipaddress import ip_address

import pytest

from cratesync.server.secret import Secret
from cratesync.server.webhooks.addresses import is_public
from cratesync.server.webhooks.retrying import ATTEMPTS_MAX, WAITS, wait_after
from cratesync.server.webhooks.signing import new_secret, sign, signed_headers

# The example of https://github.com/standard-webhooks/standard-webhooks, as its libraries test it.
EXAMPLE_SECRET = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
EXAMPLE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
EXAMPLE_TIMESTAMP = 1614265330
EXAMPLE_BODY = b'{"test": 2432232314}'
EXAMPLE_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_the_one_of_standard_webhooks():
    signature = sign(EXAMPLE_SECRET, id_=EXAMPLE_ID, timestamp=EXAMPLE_TIMESTAMP, body=EXAMPLE_BODY)
    headers = signed_headers(EXAMPLE_SECRET, id_=EXAMPLE_ID, timestamp=EXAMPLE_TIMESTAMP, body=EXAMPLE_BODY)

    assert signature == EXAMPLE_SIGNATURE
    assert headers == {
        "webhook-id": EXAMPLE_ID,
        "webhook-timestamp": str(EXAMPLE_TIMESTAMP),
        "webhook-signature": EXAMPLE_SIGNATURE,
    }


def test_a_secret_has_the_form_and_length_of_standard_webhooks():
    secrets = {new_secret().reveal() for _ in range(10)}

    assert len(secrets) == 10
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert 24 <= len(b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64


def test_waits_grow_from_seconds_to_a_day_and_end_after_three_days():
    hours = sum(wait.total_seconds() for wait in WAITS) / 3600

    assert list(WAITS) == sorted(WAITS)
    assert (WAITS[0].total_seconds(), WAITS[-1].total_seconds()) == (5, 86_400)
    assert 72 < hours < 80
    assert wait_after(ATTEMPTS_MAX, roll=0.0) is None


def test_jitter_makes_a_wait_longer_and_never_shorter():
    for attempt, wait in enumerate(WAITS, 1):
        assert wait_after(attempt, roll=0.0) == wait
        assert wait_after(attempt, roll=1.0) == wait * 1.2


@pytest.mark.parametrize(
    "text", ["93.184.216.34", "1.1.1.1", "223.255.255.255", "2606:4700::1111", "64:ff9b::101:101"]
)
def test_addresses_of_the_internet_are_public(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.1.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:1.1.1.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::1",
        "3fff::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_all_others_are_not(text):
    assert not is_public(ip_address(text))
