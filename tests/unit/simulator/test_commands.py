import pytest
from click.testing import CliRunner

from cratesync.simulator.commands import simulate


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--user", "ada"], "'ada' is no user; say NAME:TOKEN:ITEMS"),
        (["--user", "ada:secret"], "'ada:…' is no user"),
        (["--user", "ada:secret:"], "'ada:…:' is no user"),
        (["--user", "ada:secret:/no/such/folder"], "/no/such/folder is no folder"),
        (["--user", "ada:secret:12:x"], "12:x is no folder"),
        (["--user", "ada:secret:99999999999"], "from 0 to 10000000 can be"),
        (["--user", "ada:a:1", "--user", "Ada:b:1"], "There is a user Ada already"),
        (["--fault", "fire:1"], "There is no fault 'fire'"),
        (["--fault", "500:7"], "must be from 0 to 1"),
        (["--limit", "0"], "0 is not in the range x>=1"),
        (["--window", "0"], "is not in the range x>0"),
        (["--port", "70000"], "not in the range"),
        (["--wants-sort", "maybe"], "'maybe' is not one of"),
        (["--journal", "/no/such/folder/journal"], "The journal cannot be written"),
    ],
)
def test_a_wrong_argument_is_told_in_a_sentence(arguments, sentence):
    result = CliRunner().invoke(simulate, arguments)

    assert result.exit_code != 0
    assert sentence in result.output
    assert "secret" not in result.output
    assert "Traceback" not in result.output


def test_help_names_every_option():
    result = CliRunner().invoke(simulate, ["--help"])

    assert result.exit_code == 0
    for option in (
        "--user",
        "--limit",
        "--window",
        "--latency-ms",
        "--jitter",
        "--seed",
        "--journal",
        "--fault",
    ):
        assert option in result.output
