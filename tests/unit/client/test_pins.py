"""A server is known by its key, and a key by those that vouch for it."""

import pytest
from msgspec.structs import replace

from cratesync.client.errors import FolderError, UntrustedKeyError
from cratesync.client.events import PinsChanged
from cratesync.client.folder import Folder
from cratesync.client.pin_book import PinBook
from cratesync.client.pins import KEYS_MAX, trusted_keys
from cratesync.client.server_url import ServerUrl
from unit.client.signed import Signer

OLD, NEW, NEWEST, STRANGER = Signer("old"), Signer("new"), Signer("newest"), Signer("stranger")
PINNED = {"old": OLD.public_key}
SERVER = ServerUrl("https://nas.example")


def test_the_first_keys_are_believed():
    assert trusted_keys({}, [OLD.offer(), NEW.offer()]) == {"old": OLD.public_key, "new": NEW.public_key}


def test_a_pinned_key_stays_trusted():
    assert trusted_keys(PINNED, [OLD.offer()]) == PINNED


def test_a_new_key_is_accepted_when_a_pinned_one_endorsed_it():
    assert trusted_keys(PINNED, [NEW.offer(OLD)]) == {"new": NEW.public_key}


def test_a_chain_of_endorsements_is_followed_in_any_order():
    offered = [NEWEST.offer(NEW), NEW.offer(OLD)]

    assert set(trusted_keys(PINNED, offered)) == {"new", "newest"}
    assert set(trusted_keys(PINNED, offered[::-1])) == {"new", "newest"}


def test_a_key_that_is_no_longer_offered_is_forgotten():
    pinned = trusted_keys(PINNED, [NEW.offer(OLD)])

    with pytest.raises(UntrustedKeyError):
        trusted_keys(pinned, [OLD.offer()])


@pytest.mark.parametrize(
    "offered",
    [
        [STRANGER.offer()],
        [STRANGER.offer(STRANGER)],
        [STRANGER.offer(NEW), NEW.offer()],
        [OLD.offer(), STRANGER.offer()],
        [NEWEST.offer(NEW)],
    ],
)
def test_a_key_that_nobody_known_vouches_for_is_refused(offered):
    with pytest.raises(UntrustedKeyError, match="--forget-key"):
        trusted_keys(PINNED, offered)


def test_keys_that_vouch_for_each_other_alone_are_refused():
    with pytest.raises(UntrustedKeyError):
        trusted_keys(PINNED, [NEW.offer(STRANGER), STRANGER.offer(NEW)])


def test_another_key_under_a_pinned_name_is_refused_whoever_vouches_for_it():
    posing = Signer("old")

    with pytest.raises(UntrustedKeyError):
        trusted_keys(PINNED, [posing.offer()])
    with pytest.raises(UntrustedKeyError):
        trusted_keys(PINNED, [posing.offer(OLD)])


def test_an_endorsement_of_another_key_is_worth_nothing():
    endorsements = NEW.offer(OLD).endorsements

    with pytest.raises(UntrustedKeyError):
        trusted_keys(PINNED, [replace(STRANGER.offer(), endorsements=endorsements)])


def test_no_key_and_too_many_keys_and_one_name_twice_are_refused():
    with pytest.raises(UntrustedKeyError):
        trusted_keys({}, [])
    with pytest.raises(UntrustedKeyError):
        trusted_keys({}, [Signer(str(number)).offer() for number in range(KEYS_MAX + 1)])
    with pytest.raises(UntrustedKeyError):
        trusted_keys({}, [OLD.offer(), Signer("old").offer()])


def test_the_book_remembers_across_restarts_and_tells_of_changes(tmp_path):
    seen = []

    PinBook(Folder(tmp_path), seen.append).trust(SERVER, [OLD.offer()])
    PinBook(Folder(tmp_path), seen.append).trust(SERVER, [OLD.offer()])
    PinBook(Folder(tmp_path), seen.append).trust(SERVER, [NEW.offer(OLD), OLD.offer()])

    assert seen == [PinsChanged(("old",), first=True), PinsChanged(("new", "old"), first=False)]
    with pytest.raises(UntrustedKeyError):
        PinBook(Folder(tmp_path), seen.append).trust(SERVER, [STRANGER.offer()])


def test_each_server_has_its_own_pins_and_one_can_be_forgotten(tmp_path):
    book = PinBook(Folder(tmp_path), lambda _: None)
    other = ServerUrl("https://other.example")
    book.trust(SERVER, [OLD.offer()])
    book.trust(other, [NEW.offer()])

    book.forget(SERVER)

    assert book.trust(SERVER, [STRANGER.offer()]) == {"stranger": STRANGER.public_key}
    with pytest.raises(UntrustedKeyError):
        book.trust(other, [STRANGER.offer()])


def test_a_damaged_book_is_not_taken_for_an_empty_one(tmp_path):
    (tmp_path / "pins.json").write_text("{")

    with pytest.raises(FolderError, match="damaged"):
        PinBook(Folder(tmp_path), lambda _: None).trust(SERVER, [OLD.offer()])
