"""The client's files are their owner's alone, and never half written."""

import stat

import pytest

from cratesync.client.client_id import ClientId
from cratesync.client.credentials import Account, Credentials
from cratesync.client.errors import FolderError
from cratesync.client.folder import Folder
from cratesync.client.server_url import ServerUrl

SERVER = ServerUrl("https://nas.example")
ADA = Account("ada", "canary-token", "2027-01-01T00:00:00Z")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_credentials_are_kept_by_server(tmp_path):
    credentials = Credentials(Folder(tmp_path))
    credentials.save(SERVER, ADA)
    credentials.save(ServerUrl("https://other.example"), Account("bea", "b"))

    again = Credentials(Folder(tmp_path))
    assert again.account(SERVER) == ADA
    assert again.account(ServerUrl("https://nas.example/other")) is None


def test_a_new_sign_in_takes_the_place_of_the_old_one(tmp_path):
    credentials = Credentials(Folder(tmp_path))
    credentials.save(SERVER, ADA)
    credentials.save(SERVER, Account("bea", "b"))

    assert credentials.account(SERVER).username == "bea"


def test_only_the_owner_can_read_them(tmp_path):
    folder = tmp_path / "new" / "client"
    Credentials(Folder(folder)).save(SERVER, ADA)

    assert mode(folder) == 0o700
    assert mode(folder / "credentials.json") == 0o600
    (folder / "credentials.json").chmod(0o644)
    Credentials(Folder(folder)).save(SERVER, ADA)
    assert mode(folder / "credentials.json") == 0o600


def test_no_draft_is_left_behind(tmp_path):
    Credentials(Folder(tmp_path)).save(SERVER, ADA)

    assert {path.name for path in tmp_path.iterdir()} == {"credentials.json", "lock"}


def test_an_account_that_is_forgotten_is_gone_and_no_other(tmp_path):
    credentials = Credentials(Folder(tmp_path))
    other = ServerUrl("https://other.example")
    credentials.save(SERVER, ADA)
    credentials.save(other, ADA)
    credentials.forget(SERVER)

    assert (credentials.account(SERVER), credentials.account(other)) == (None, ADA)
    assert (tmp_path / "credentials.json").read_text().count("canary-token") == 1


def test_the_token_is_hidden_from_repr():
    assert "canary" not in repr(ADA) + str(ADA) + repr([ADA]) + repr(ADA.secret) + str(ADA.secret)
    assert ADA.secret.reveal() == "canary-token"


def test_a_damaged_file_is_named_and_not_overwritten(tmp_path):
    (tmp_path / "credentials.json").write_text('{"servers": 1}')

    with pytest.raises(FolderError, match=r"credentials\.json is damaged"):
        Credentials(Folder(tmp_path)).save(SERVER, ADA)
    assert (tmp_path / "credentials.json").read_text() == '{"servers": 1}'


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(FolderError, match="CRATESYNC_CLIENT_DIR"):
        Credentials(Folder(tmp_path / "file" / "client")).save(SERVER, ADA)


def test_a_client_comes_back_under_its_old_id(tmp_path):
    with ClientId(Folder(tmp_path), SERVER, "ada") as first:
        pass
    with ClientId(Folder(tmp_path), SERVER, "ada") as second:
        assert second == first


def test_two_processes_at_a_time_have_two_ids(tmp_path):
    with (
        ClientId(Folder(tmp_path), SERVER, "ada") as first,
        ClientId(Folder(tmp_path), SERVER, "ada") as second,
    ):
        assert first != second


def test_each_account_has_its_own_id(tmp_path):
    with ClientId(Folder(tmp_path), SERVER, "ada") as ada, ClientId(Folder(tmp_path), SERVER, "bea") as bea:
        assert ada != bea
