"""Runs a check against a Discogs of the test's own, on a clock that needs no waiting."""

import json

from cratesync.client.discogs_check.story import check_discogs
from cratesync.client.secret import Secret
from cratesync.client.settings import read_settings
from integration.client.deviating import TOKEN
from unit.client.discogs_check.hands import Hands


class Checked:
    """How it ended, and what it said."""

    def __init__(self, exit_code, text, err):
        self.exit_code, self.text, self.err = exit_code, text, err

    @property
    def report(self):
        return json.loads(self.text)

    @property
    def differences(self):
        return self._ids("different")

    @property
    def not_seen(self):
        return self._ids("not_seen")

    def _ids(self, outcome):
        return {one["id"] for one in self.report["expectations"] if one["outcome"] == outcome}

    def seen(self, expectation):
        (found,) = [one for one in self.report["expectations"] if one["id"] == expectation]
        return found["seen"]


async def check(url, *, token=TOKEN, as_json=True, hands=None, capsys, **settings):
    """One whole check."""
    hands = hands or Hands()
    environment = {f"CRATESYNC_{name}": value for name, value in ({"DISCOGS_URL": url} | settings).items()}
    capsys.readouterr()
    exit_code = await check_discogs(
        read_settings(environment),
        Secret(token),
        as_json=as_json,
        output=None,
        clock=hands.clock,
        sleep=hands.sleep,
    )
    said = capsys.readouterr()
    return Checked(exit_code, said.out, said.err)
