"""The documents are true: what they cite, link and name exists."""

import io
import json
import os
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cratesync.cli import main
from cratesync.server.settings import fields

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "docs" / "reference" / "discogs.md"
CLIENT = ROOT / "docs" / "reference" / "client.md"
GUIDE_ROOMS = (
    "engine/provider.py",
    "engine/tasks.py",
    "engine/unanswered.py",
    "protocol/upstream.py",
    "protocol/allow_list.py",
    "client/headless.py",
)
SETTINGS_OF_TESTS = {"CRATESYNC_TEST_POSTGRES_URL"}


def files_below(folder: Path, ending: str) -> list[Path]:
    """All files with this ending, but what tools and builds left behind."""
    found = []
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
        found += [Path(path, name) for name in names if name.endswith(ending)]
    return sorted(found)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


DOCUMENTS = files_below(ROOT, ".md")
SOURCES = files_below(ROOT / "src", ".py")

# --- reading Markdown ---------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)


def code_of(document: Path) -> Iterator[str]:
    """Each line of code: in blocks, where a backslash joins two, and in spans."""
    text = document.read_text("utf-8")
    for block in _FENCE.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    yield from _CODE.findall(_FENCE.sub("", text))


def anchors_of(document: Path) -> set[str]:
    """The names that headings are linked by."""
    headings = _HEADING.findall(_FENCE.sub("", document.read_text("utf-8")))
    plain = (
        re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)) for heading in headings
    )
    return {heading.strip().lower().replace(" ", "-") for heading in plain}


# --- links --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document):
    for link in _LINK.findall(_FENCE.sub("", document.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = document.parent / place if place else document

        assert target.exists(), f"{named(document)} links to {place}"
        assert not anchor or anchor in anchors_of(target), f"{named(document)} links to {link}"


# --- facts about Discogs -----------------------------------------------------------------------------------------------

_BRACKETS = re.compile(r"\[(\d+(?:\.\d+)?)\]")
_IN_WORDS = re.compile(r"\bfacts? (\d+\.\d+(?:(?:, | and | to )\d+\.\d+)*)")
_FACT = re.compile(r"^(?:- \*\*|#{2,3} )(\d+(?:\.\d+)?)(?:\*\*|\.? )", re.MULTILINE)


def prose_of(source: Path) -> Iterator[str]:
    """Comments and docstrings: code has numbers in brackets that cite nothing."""
    for token in tokenize.generate_tokens(io.StringIO(source.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT or (
            token.type == tokenize.STRING and token.string.startswith('"""')
        ):
            yield token.string


def cited_in(text: str) -> set[str]:
    in_words = " ".join(_IN_WORDS.findall(" ".join(text.split())))
    return {*_BRACKETS.findall(text), *re.findall(r"\d+\.\d+", in_words)}


def test_every_fact_that_the_code_cites_is_there():
    facts = set(_FACT.findall(FACTS.read_text("utf-8")))
    cited = {
        (number, named(source))
        for source in SOURCES
        for prose in prose_of(source)
        for number in cited_in(prose)
    }

    assert len(cited) > 10
    assert [citation for citation in sorted(cited) if citation[0] not in facts] == []


def test_every_fact_that_the_documents_cite_is_there():
    facts = set(_FACT.findall(FACTS.read_text("utf-8")))
    linked = re.compile(r"\[(?:facts? )?(\d+\.\d+)(?:(?:, | to | and )(\d+\.\d+))*\]\([^)]*discogs\.md")
    cited = {
        number
        for document in DOCUMENTS
        for match in linked.finditer(document.read_text("utf-8"))
        for number in match.groups()
        if number
    }

    assert cited
    assert cited <= facts


# --- how a provider is added -------------------------------------------------------------------------------------------

ADD_A_PROVIDER = ROOT / "docs" / "how-to" / "add-a-provider.md"
_NAME = re.compile(r"_?[A-Za-z]\w*(?:\.\w+)*")


def test_every_name_in_the_guide_to_providers_stands_in_a_file_that_it_links_to():
    text = ADD_A_PROVIDER.read_text("utf-8")
    linked = [ADD_A_PROVIDER.parent / link for link in _LINK.findall(text)]
    files = [file for path in linked for file in (files_below(path, ".py") if path.is_dir() else [path])]
    files += [ROOT / "src" / "cratesync" / room for room in GUIDE_ROOMS]
    known = set(re.findall(r"\w+", " ".join(file.read_text("utf-8") for file in files)))
    spans = _CODE.findall(re.sub(r"\[[^\]]*\]\([^)]*\)", "", text))
    named_there = {part for span in spans if _NAME.fullmatch(span) for part in span.split(".")}

    assert len(named_there) > 40
    assert sorted(named_there - known) == []


# --- what can be typed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_make_target_that_is_named_exists(document):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = {
        target
        for code in code_of(document)
        for target in re.findall(r"(?:^|[\s;&])make (?:[A-Z]+=\S+ )*([a-z-]+)", code)
    }

    assert asked <= targets


def find_command(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """The command that these words begin with, and the words after it; nothing where there is no such command."""
    command: click.Command | None = main
    words = list(words)
    while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z-]+", words[0]):
        command = command.get_command(click.Context(command), words.pop(0))
    return command, words


def options_of(command: click.Command) -> set[str]:
    return {"--help", "--version"} | {
        name for option in command.params for name in (*option.opts, *option.secondary_opts)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_command_that_is_named_exists(document):
    for code in code_of(document):
        for asked in re.findall(r"(?:^|[\s/])cratesync ((?:--)?[a-z][^#|;&]*)", code):
            command, rest = find_command(asked.split())
            assert command is not None, f"{named(document)}: cratesync {asked}"

            options = {word.split("=")[0] for word in rest if re.match(r"--[a-z]", word)}
            assert options <= options_of(command), f"{named(document)}: cratesync {asked}"


def client_commands() -> list[click.Command]:
    group, _ = find_command(["client"])
    assert isinstance(group, click.Group)
    return list(group.commands.values())


@pytest.mark.parametrize("command", client_commands(), ids=lambda command: command.name)
def test_every_command_and_option_of_the_client_is_documented(command):
    text = CLIENT.read_text("utf-8")

    assert f"### `cratesync client {command.name}`" in text
    assert [option.opts[0] for option in command.params if option.opts[0] not in text] == []


# --- settings -----------------------------------------------------------------------------------------------------------

_SETTING = re.compile(r"\bCRATESYNC_[A-Z0-9_]*[A-Z0-9]\b")


def settings_of_the_client() -> set[str]:
    sources = files_below(ROOT / "src" / "cratesync" / "client", ".py")
    return {name for source in sources for name in _SETTING.findall(source.read_text("utf-8"))}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_setting_that_is_named_exists(document):
    known = {field.variable for field in fields()} | settings_of_the_client() | SETTINGS_OF_TESTS

    assert set(_SETTING.findall(document.read_text("utf-8"))) <= known


def test_every_setting_of_the_client_is_documented():
    assert settings_of_the_client() <= set(_SETTING.findall(CLIENT.read_text("utf-8")))


# --- the API ------------------------------------------------------------------------------------------------------------

USE_THE_API = ROOT / "docs" / "how-to" / "use-the-api.md"
ACCOUNTS = ROOT / "docs" / "how-to" / "accounts.md"
WEBHOOKS = ROOT / "docs" / "how-to" / "webhooks.md"
NEVER_ANSWERED = {("not_due", 409)}  # the scheduler's own: no route lets it out

_PATH = re.compile(r"/(?:api|health|metrics)\b[\w/{}$-]*")
_CALL = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[\w/{}-]+)")
_VARIABLE = re.compile(r"\{\w+\}|\$\w+")
_ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \| (\d{3}(?:, \d{3})*) \|", re.MULTILINE)
_CODE_AND_STATUS = re.compile(r'"([a-z_]+)",\s*([45]\d\d)\b')
_STATUS_AND_CODE = re.compile(r'\b([45]\d\d): \("([a-z_]+)"')


def plain_path(path: str) -> str:
    """The same for every name of what varies in it."""
    return _VARIABLE.sub("{}", path).rstrip("/")


@pytest.fixture(scope="module")
def routes() -> set[tuple[str, str]]:
    """Method and path of everything that the API describes."""
    done = CliRunner().invoke(main, ["openapi"])
    paths = json.loads(done.output)["paths"]
    return {(method.upper(), plain_path(path)) for path, methods in paths.items() for method in methods}


def test_every_route_stands_on_one_of_the_pages_on_the_api(routes):
    text = "".join(page.read_text("utf-8") for page in (USE_THE_API, ACCOUNTS, WEBHOOKS))
    named_there = {plain_path(path) for path in _PATH.findall(text)}

    assert {path for _, path in routes} - named_there == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_call_that_is_named_is_a_route(document, routes):
    calls = {(method, plain_path(path)) for method, path in _CALL.findall(document.read_text("utf-8"))}

    assert {call for call in calls if _PATH.match(call[1])} <= routes


def test_the_table_of_errors_names_each_code_of_the_server_with_its_status():
    sources = [
        source.read_text("utf-8") for source in files_below(ROOT / "src" / "cratesync" / "server", ".py")
    ]
    raised = {(code, int(status)) for text in sources for code, status in _CODE_AND_STATUS.findall(text)}
    raised |= {(code, int(status)) for text in sources for status, code in _STATUS_AND_CODE.findall(text)}
    table = set()
    for codes, statuses in _ROW.findall(USE_THE_API.read_text("utf-8")):
        names, numbers = _CODE.findall(codes), [int(status) for status in statuses.split(", ")]
        table |= set(zip(names, numbers * len(names) if len(numbers) == 1 else numbers, strict=True))

    assert table
    assert table == raised - NEVER_ANSWERED
