"""What goes wrong on the command line ends as one sentence, with an exit code and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from house_kit import ROOT, House
from test_bad_input_kit import Folder, csv, house_in, minutes

from barhouse import embedded
from barhouse.errors import BarhouseError
from barhouse.sources_config import load_sources

BARHOUSE = Path(sys.executable).with_name("barhouse")
NOWHERE = "postgresql://me:topsecret@127.0.0.1:1/bars"


@dataclass(frozen=True)
class Told:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one error sentence; nothing else but progress may stand beside it."""
        assert "Traceback" not in self.out + self.err
        found = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(found) == 1, self.err
        assert self.code != 0
        return found[0].removeprefix("error: ")


@dataclass(frozen=True)
class Shell:
    """The real command line, with state, lake and home in a folder of its own."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, cwd: Path = ROOT, **variables: str) -> Told:
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.defpath,
            "HOME": str(self.folder / "home"),
            "BARHOUSE_STATE_DIR": str(self.folder / "state"),
            "BARHOUSE_LAKE_DIR": str(self.folder / "lake"),
            **self.variables,
            **variables,
        }
        done = subprocess.run(
            [BARHOUSE, *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Told(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def built(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A warehouse that is built and empty but for its sessions."""
    house = house_in(tmp_path_factory.mktemp("built"), template)
    house.build()
    yield house
    embedded.stop(house.settings.embedded_dir)


@pytest.fixture
def at_home(built: House) -> Shell:
    """The command line beside the built warehouse."""
    return Shell(built.settings.state_dir.parent)


def test_unknown_provider_is_named_with_those_there_are(shell: Shell) -> None:
    told = shell("extract", "blomberg")
    assert told.code == 1
    assert told.sentence == (
        "There is no provider 'blomberg'; registered are alpaca, coinbase, files, "
        "interactive_brokers, polygon, sample, sessions, yahoo."
    )
    assert not (shell.folder / "state").exists()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://me:topsecret@host/db", "starts with 'mysql:'; expected postgresql://"),
        (NOWHERE, "does not answer (connection failed"),
        ("postgresql://me:topsecret@127.0.0.1:port/bars", "cannot be used; expected"),
        ("postgresql://me:topsecret@[::1/bars", "cannot be used; expected"),
        ("postgresql://me:%zztopsecret@127.0.0.1:1/bars", "cannot be used; expected"),
        ("postgresql://me:with@topsecret@127.0.0.1:1/bars", "cannot be used; expected"),
        ("postgresql://me:with/topsecret@127.0.0.1:1/bars", "cannot be used; expected"),
        ("postgresql://me:with?topsecret@127.0.0.1:1/bars", "cannot be used; expected"),
        ("postgresql://me:with#topsecret@127.0.0.1:1/bars", "cannot be used; expected"),
        ("postgresql://me:with%20topsecret@127.0.0.1:1/bars", "cannot be used; expected"),
    ],
)
def test_database_url_that_leads_nowhere_is_not_repeated(
    shell: Shell, url: str, sentence: str
) -> None:
    told = shell("build", BARHOUSE_DATABASE_URL=url)
    assert told.code == 1
    assert told.sentence.startswith(("BARHOUSE_DATABASE_URL ", "The database of BARHOUSE_DATABASE"))
    assert sentence in told.sentence
    assert "topsecret" not in told.out + told.err


def test_demo_refuses_a_database_of_the_users_own(shell: Shell) -> None:
    told = shell("demo", BARHOUSE_DATABASE_URL=NOWHERE)
    assert told.code == 1
    assert "the demo fills the embedded database only. Unset it" in told.sentence


@pytest.mark.parametrize("command", [["build"], ["nightly"], ["lake", "ls"]])
def test_home_that_is_no_project_is_named(shell: Shell, tmp_path: Path, command: list[str]) -> None:
    told = shell(*command, cwd=tmp_path, BARHOUSE_HOME="/nonexistent")
    assert told.code == 1
    assert told.sentence == (
        "No dbt_project.yml in BARHOUSE_HOME (/nonexistent); run inside the Barhouse project or set"
        " BARHOUSE_HOME to its folder."
    )


def test_unknown_role_is_named_with_those_there_are(shell: Shell) -> None:
    told = shell("db", "url", "--role", "nobody")
    assert told.code == 1
    assert "There is no role 'nobody'; expected loader, transformer, analyst" in told.sentence
    assert told.out == ""


@pytest.mark.parametrize("variable", ["BARHOUSE_STATE_DIR", "BARHOUSE_LAKE_DIR"])
def test_folder_that_is_a_file_is_named(at_home: Shell, tmp_path: Path, variable: str) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    told = at_home("export", **{variable: str(taken)})
    assert told.code == 1
    assert str(taken) in told.sentence
    assert taken.read_text() == "mine"


def test_files_provider_says_that_it_needs_its_yaml(at_home: Shell, tmp_path: Path) -> None:
    told = at_home("extract", "files")
    assert told.code == 1
    assert "--config" in told.sentence
    told = at_home("extract", "files", "--config", str(tmp_path / "missing.yaml"))
    assert told.code == 1
    assert told.sentence == f"{tmp_path}/missing.yaml cannot be opened: No such file or directory."


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("selec 1", 'The database says: syntax error at or near "selec"'),
        ("delete from core.bars_1d", "The database says: permission denied for table bars_1d"),
        ("drop table core.instruments", "The database says: must be owner of table instruments"),
        ("insert into ops.published_loads values ('a', 'b')", "The database says: permission"),
        ("select * from staging.raw_bars", "The database says: permission denied for schema"),
        ("select [red] from markup", "The database says: syntax error at or near "),
    ],
)
def test_statement_the_database_refuses_is_answered_in_its_words(
    at_home: Shell, statement: str, sentence: str
) -> None:
    told = at_home("sql", statement)
    assert told.code == 1
    assert told.sentence.startswith(sentence)
    assert told.out == ""


def test_login_without_rights_is_told_which_it_needs(built: House, shell: Shell) -> None:
    told = shell("build", BARHOUSE_DATABASE_URL=built.url("loader"))
    assert told.code == 1
    assert "may not read the warehouse (permission denied for schema ops)" in told.sentence
    told = shell("db", "bootstrap", BARHOUSE_DATABASE_URL=built.url("loader"))
    assert told.code == 1
    assert "permission denied" in told.sentence


def test_database_without_the_schema_asks_for_bootstrap(
    shell: Shell, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bare")
    url = embedded.start(folder).url()
    try:
        for command in (["build"], ["sql", "select 1"], ["extract", "sessions"]):
            told = shell(*command, BARHOUSE_DATABASE_URL=url)
            assert told.code == 1
            assert told.sentence.endswith("run `barhouse db bootstrap` first.")
    finally:
        embedded.stop(folder)


def test_exit_code_tells_a_partial_failure_from_a_whole_one(at_home: Shell, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "files")
    contents = {"good.csv": csv(minutes("KO", "2024-01-02")), "bad.csv": b"\xff\xfe\xfd\n"}
    told = at_home("extract", "files", "--config", str(folder.describe(contents)))
    assert told.code == 3
    assert "is not utf-8" in told.out
    # What landed is skipped, so the same command has nothing but the bad file left.
    told = at_home("extract", "files", "--config", str(folder.config))
    assert told.code == 1
    assert "Traceback" not in told.out + told.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "is missing; it lists what the nightly run extracts. Restore it"),
        ("a: [", "is not YAML: "),
        ("\x00", "is not YAML: "),
        ("", "must be a mapping that begins with `version: 1`"),
        ("version: 2\nsources: []", "must be a mapping that begins with `version: 1`"),
        ("version: 1", "needs a list `sources` with at least one entry"),
        ("version: 1\nsources: []", "needs a list `sources` with at least one entry"),
        (
            "version: 1\nsources: [files]",
            "source 1 needs a `provider`, one of alpaca, coinbase, files",
        ),
        (
            "version: 1\nsources: [{provider: sample}, {provider: nobody}]",
            "source 2 names the provider `nobody`; registered are alpaca",
        ),
        (
            "version: 1\nsources: [{provider: files, config: x}]",
            "source 1 has the key `config`; expected only `provider` and `options`",
        ),
        (
            "version: 1\nsources: [{provider: files, options: [x]}]",
            "source 1 has `options` that are not a mapping",
        ),
        ("version: 1\nsources: [{provider: files, 7: x, a: y}]", "source 1 has the key `7`"),
    ],
)
def test_mistake_in_the_sources_is_named_with_its_place(
    tmp_path: Path, text: str | None, sentence: str
) -> None:
    path = tmp_path / "sources.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(BarhouseError) as caught:
        load_sources(path)
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"version: 1\nsources: " + b"[" * 5_000])
def test_sources_that_cannot_be_read_are_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(content)
    with pytest.raises(BarhouseError, match="is not YAML"):
        load_sources(path)
    with pytest.raises(BarhouseError, match="cannot be read"):
        load_sources(tmp_path)
