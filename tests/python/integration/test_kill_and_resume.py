"""A run may be killed at any point; the same command again ends where an undisturbed run does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest
from house_kit import OF_A_RUN, ROOT, House, contents, copy_state

from barhouse import embedded
from barhouse.embedded.directory import DataDirectory
from barhouse.lake import Kind, Manifest, export, ls, verify
from barhouse.lake.datasets import LANDED
from barhouse.lake.files import DATA
from barhouse.shelf import KINDS, Shelf

BARHOUSE = ROOT / ".venv" / "bin" / "barhouse"
PATIENCE_SECONDS = 120


@dataclass
class State:
    """One state folder with its lake, and the commands that are run and killed on it."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "db"

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        # What earlier tests left in the environment of this process must not count.
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("BARHOUSE", "DBT", "PREF"))
        }
        places = {
            "BARHOUSE_STATE_DIR": str(self.folder),
            "BARHOUSE_LAKE_DIR": str(self.lake),
            # how far a build has come is seen by its statements
            "DBT_LOG_LEVEL_FILE": "debug",
        }
        with (self.folder / "output.txt").open("wb") as output:
            return subprocess.Popen(
                [BARHOUSE, *command],
                cwd=ROOT,
                env={**kept, **places},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *command: str) -> int:
        process = self.start(*command)
        try:
            return process.wait(PATIENCE_SECONDS)
        finally:
            _kill_group(process)

    def output(self) -> str:
        return (self.folder / "output.txt").read_text(encoding="utf-8")

    def server(self) -> int | None:
        owner = DataDirectory(self.database).owner()
        return owner.pid if owner else None

    def url(self) -> str:
        return embedded.start(self.database).url()

    def count(self, sql: str) -> int:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            ((number,),) = connection.execute(sql.encode()).fetchall()
        return number


class Progress:
    """What a run has reached, seen in the files it leaves."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._log = state.folder / "logs" / "dbt.log"
        self._offset = self._log.stat().st_size if self._log.exists() else 0
        self._text = ""

    def logged(self, text: str) -> bool:
        """Tell whether this run's dbt wrote this into its log."""
        if self._log.exists():
            with self._log.open("rb") as file:
                file.seek(self._offset)
                added = file.read()
            self._offset += len(added)
            self._text += added.decode(errors="replace")
        return text in self._text

    def exists(self, pattern: str, count: int = 1) -> bool:
        return len(list(self.state.folder.glob(pattern))) >= count


Reached = Callable[[Progress], bool]
LOAD = "dlt/*/barhouse_sample/load/normalized/*"
LOADED = "dlt/*/barhouse_sample/load/loaded/*"


def _first_boot(progress: Progress) -> bool:
    is_new = not progress.exists("db/.initialised")
    return is_new and progress.exists("db/pgdata/*") and progress.state.server() is not None


STEPS: dict[str, Reached] = {
    "first start of the database": _first_boot,
    "extract of the sessions": lambda p: p.exists("dlt/*/barhouse_sessions/*"),
    "extract of the sample": lambda p: p.exists("dlt/*/barhouse_sample/normalize/*/*"),
    # On a busy machine the moment between the two may pass unseen.
    "load of the sample": lambda p: (
        p.exists(f"{LOAD}/completed_jobs/raw_bars.*") or p.exists(LOADED)
    ),
    "first models": lambda p: p.logged(" model core.sessions "),
    "upsert of the minutes": lambda p: p.logged('insert into "bars"."core"."bars_1m" ('),
    "refreshes": lambda p: p.logged("call refresh_continuous_aggregate('core.rollup_15m'"),
    "export": lambda p: p.exists("lake/*/*/*.parquet", 20),
    "shelf": lambda p: p.exists("shelf/*/*.arrow", 20),
}


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait(process: subprocess.Popen[bytes], progress: Progress, reached: Reached) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached(progress):
        assert process.poll() is None, f"it ended early: {progress.state.output()}"
        assert time.monotonic() < deadline, f"it never came there: {progress.state.output()}"
        time.sleep(0.002)


def _kill_demo(state: State, reached: Reached) -> None:
    """Run the demo until it has come there, then kill all of it, the database too."""
    progress = Progress(state)
    process = state.start("demo")
    try:
        _wait(process, progress, reached)
    finally:
        _kill_group(process)
        if (pid := state.server()) is not None:
            os.kill(pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + PATIENCE_SECONDS
    while DataDirectory(state.database).is_locked():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _assert_equal(state: State, expected: House, expected_lake: Path) -> None:
    """Compare database and lake with those of the undisturbed run."""
    seen, wanted = contents(state.url()), contents(expected.url())
    assert sum(count for count, _ in wanted.values()) > 400_000
    assert len(wanted) > 30
    assert {name: seen.get(name) for name in wanted} == wanted
    assert seen.keys() == wanted.keys()

    assert verify(state.lake) == []
    partitions = {(m.dataset, m.partition): m.rows for m in marts_in(state.lake)}
    assert partitions == {(m.dataset, m.partition): m.rows for m in marts_in(expected_lake)}
    for dataset, partition in partitions:
        place = Path(dataset, partition, DATA)
        held, undisturbed = (
            table.drop_columns([name for name in table.column_names if name in OF_A_RUN])
            for table in (pq.read_table(lake / place) for lake in (state.lake, expected_lake))
        )
        assert held.equals(undisturbed), place


def marts_in(lake: Path) -> list[Manifest]:
    """Return what does not depend on which load a row came with."""
    return [manifest for manifest in ls(lake) if manifest.dataset != LANDED.name]


@pytest.fixture(scope="module")
def sample_lake(sample_house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of the undisturbed run."""
    lake = tmp_path_factory.mktemp("undisturbed") / "lake"
    export(sample_house.url("analyst"), lake, exported_at=datetime.now(UTC), git_sha=None)
    return lake


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A state folder without anything but the downloads."""
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "cache").symlink_to(ROOT / ".barhouse" / "cache", target_is_directory=True)
    yield State(folder)
    embedded.stop(folder / "db")


@pytest.fixture
def ready_state(state: State, bare: Path) -> State:
    """A state folder with a database that knows the sessions and no bars."""
    copy_state(bare, state.folder)
    return state


@pytest.mark.timeout(900)
def test_demo_killed_at_every_step_ends_like_an_undisturbed_one(
    state: State, sample_house: House, sample_lake: Path
) -> None:
    for step, reached in STEPS.items():
        _kill_demo(state, reached)
        if step == "load of the sample" and not list(state.folder.glob(LOADED)):
            unseen = "select count(*) from staging.raw_bars where _dlt_load_id not in"
            assert state.count(f"{unseen} (select load_id from staging._dlt_loads)") > 0
        if step == "upsert of the minutes":
            # Rows and the note that their load is in are one transaction.
            assert state.count("select count(to_regclass('core.bars_1m'))") == 0
            assert state.count("select count(*) from ops.published_loads") < 2 * 3
        if step == "refreshes":
            assert state.count("select count(*) from core.rollup_5m") > 0
            assert state.count("select count(to_regclass('marts.bars_1h'))") == 0
    assert len(ls(state.lake)) >= 20
    assert {problem.kind for problem in verify(state.lake)} <= {Kind.ORPHAN}

    assert state.run("demo") == 0, state.output()
    _assert_equal(state, sample_house, sample_lake)
    shelf = Shelf(state.folder / "shelf")
    blocks = [shelf.block(kind.name, one) for kind in KINDS for one in shelf.periods(kind.name)]
    assert len(blocks) > 50
    assert all(block is not None and block.is_whole() for block in blocks)


def _kill_database_under(state: State, command: tuple[str, ...], reached: Reached) -> None:
    """Kill the database server alone; the command ends with one sentence."""
    server = embedded.start(state.database).pid
    progress = Progress(state)
    process = state.start(*command)
    try:
        _wait(process, progress, reached)
        os.kill(server, signal.SIGKILL)
        assert process.wait(PATIENCE_SECONDS) == 1, state.output()
    finally:
        _kill_group(process)
    lines = state.output().splitlines()
    assert sum(line.startswith("error: ") for line in lines) == 1, state.output()
    assert lines[-1].startswith("error: "), state.output()
    assert "Traceback" not in state.output()


@pytest.mark.timeout(600)
def test_killed_database_is_one_sentence_and_the_same_command_goes_on(
    ready_state: State, sample_house: House, sample_lake: Path
) -> None:
    for command, reached in (
        # while rows go in: with the last file, a load may be through before the server dies
        (("extract", "sample"), lambda p: p.exists(f"{LOAD}/started_jobs/raw_bars.*")),
        (("build",), STEPS["upsert of the minutes"]),
    ):
        _kill_database_under(ready_state, command, reached)
        assert ready_state.run(*command) == 0, ready_state.output()
    assert ready_state.run("export") == 0, ready_state.output()
    _assert_equal(ready_state, sample_house, sample_lake)
