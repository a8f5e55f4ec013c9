"""The nightly flow as a user runs it: with a Prefect server of one's own and without."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from house_kit import ROOT, copy_project, copy_state

from barhouse import embedded
from barhouse.lake import ls, verify
from extract.settings import Settings

PATIENCE_SECONDS = 200
KO = (
    "time,symbol,open,high,low,close,volume\n"
    "2024-01-02 09:30:00,KO,59.00,59.20,58.90,59.10,1000\n"
    "2024-01-02 09:31:00,KO,59.10,59.30,59.00,59.20,1100\n"
)
# A third party's package as pip installs it; its provider fails the first time.
ENTRY_POINTS = "[barhouse.providers]\nflaky = flaky_bars:PROVIDER\n"
METADATA = "Metadata-Version: 2.1\nName: flaky-bars\nVersion: 1.0\n"
MODULE = """\
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from extract.landing import Batch, landing_table
from extract.providers import ProviderError

PRICE = Decimal("168.5")
BAR = {
    "provider": "flaky", "provider_symbol": "PEP", "asset_class": "equity", "exchange": "XNYS",
    "feed": "all", "currency": "USD", "timeframe": "1m", "source_timestamp": "14:30",
    "bar_start_at": datetime(2024, 1, 2, 14, 30, tzinfo=UTC), "volume_unit": "shares",
    "price_basis": "raw", "session_scope": "regular", "is_final": True, "request_id": "flaky-1",
    "open": PRICE, "high": PRICE, "low": PRICE, "close": PRICE, "volume": Decimal(7),
}
ASKED = {
    "request_id": "flaky-1", "provider": "flaky", "source": "PEP", "fingerprint": "flaky:1",
    "timeframe": "1m", "outcome": "rows", "row_count": 1, "reject_count": 0,
}


class Flaky:
    name = "flaky"

    def batches(self, request):
        failed = Path(request.options["failed"])
        if not failed.exists():
            failed.touch()
            raise ProviderError("The vendor is out to lunch.")
        now = request.fetched_at
        yield Batch("raw_bars", landing_table("raw_bars", [{**BAR, "fetched_at": now}]))
        yield Batch("requests", landing_table("requests", [{**ASKED, "requested_at": now}]))


PROVIDER = Flaky()
"""


class Project:
    """A copy of the project whose sources a test chooses, with a state folder of its own."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        copy_project(folder)
        copy_state(template, folder / "state")
        package = folder / "packages" / "flaky_bars-1.0.dist-info"
        package.mkdir(parents=True)
        (package / "METADATA").write_text(METADATA)
        (package / "entry_points.txt").write_text(ENTRY_POINTS)
        (package.parent / "flaky_bars.py").write_text(MODULE)
        self.settings = Settings(folder, folder / "state", folder / "lake", None)

    def nightly(self, sources: list[dict[str, Any]], **environment: str) -> tuple[int, str]:
        """Run `barhouse nightly`; return its exit code and all it printed."""
        config = self.folder / "config" / "sources.yaml"
        config.write_text(json.dumps({"version": 1, "sources": sources}))
        places = {"BARHOUSE_HOME": str(self.folder), "BARHOUSE_STATE_DIR": "state"}
        path = f"{self.folder / 'packages'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        done = subprocess.run(
            [ROOT / ".venv" / "bin" / "barhouse", "nightly"],
            cwd=self.folder,
            env={**clean_environment(), **places, "PYTHONPATH": path, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout.decode()

    def lake(self) -> dict[str, int]:
        assert verify(self.settings.lake_dir) == []
        return {manifest.dataset: manifest.rows for manifest in ls(self.settings.lake_dir)}


def clean_environment() -> dict[str, str]:
    """Return the environment without what earlier tests set in this process."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("BARHOUSE", "DBT", "PREFECT"))}


@pytest.fixture
def project(tmp_path: Path, template: Path) -> Iterator[Project]:
    made = Project(tmp_path / "project", template)
    yield made
    embedded.stop(made.settings.embedded_dir)


class Api:
    """The REST API of a Prefect server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/api"

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def is_healthy(self) -> bool:
        try:
            return self.get("/health") is True
        except OSError:
            return False

    def last_run(self) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
        """Return the newest flow run and its task runs, those of steps without a random end."""
        run = self.post("/flow_runs/filter", sort="START_TIME_DESC", limit=1)[0]
        tasks = self.post("/task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})
        return run, [
            (name if name.startswith("extract-") else name.rpartition("-")[0], task)
            for task in tasks
            for name in [task["name"]]
        ]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A Prefect server, started for this module; it ends when its standard input closes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("prefect")
    environment = {"PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.local_server", str(port)],
        cwd=ROOT,
        env={**clean_environment(), **environment},
        stdin=subprocess.PIPE,
    )
    try:
        server = Api(port)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not server.is_healthy():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield server
    finally:
        process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture
def flaky(tmp_path: Path) -> dict[str, Any]:
    return {"provider": "flaky", "options": {"failed": str(tmp_path / "failed")}}


@pytest.fixture
def files(write_files: Callable[..., Path]) -> dict[str, Any]:
    return {"provider": "files", "options": {"config": str(write_files({"ko.csv": KO}))}}


SESSIONS = {"provider": "sessions"}
MISSING = {"provider": "files", "options": {"config": "config/nowhere.yaml"}}


def test_nightly_needs_no_prefect_server(project: Project, files: dict[str, Any]) -> None:
    code, said = project.nightly([SESSIONS, files])
    assert code == 0, said
    assert "Finished in state Completed()" in said
    assert project.lake()["bars_1m"] == 2
    # Of the minutes a month, of the days a year and, since sessions may cross it, the one before.
    assert "shelf: 7 files written (5 bars read), 0 unchanged" in said
    # Nothing new: nothing lands, nothing is written.
    code, said = project.nightly([SESSIONS, files])
    assert code == 0, said
    assert "files: 0 rows from 0 requests" in said
    assert "export: 0 partitions written" in said
    assert "shelf: 0 files written (0 bars read), 7 unchanged" in said


def test_server_knows_the_run_its_steps_and_its_summary(
    project: Project, api: Api, flaky: dict[str, Any], files: dict[str, Any]
) -> None:
    code, said = project.nightly([SESSIONS, flaky, files], PREFECT_API_URL=api.url)
    assert code == 0, said

    run, tasks = api.last_run()
    assert run["state_type"] == "COMPLETED"
    steps = {"open-warehouse", "dbt-build", "prove", "export-lake", "shelve"}
    counts = {name: task["run_count"] for name, task in tasks}
    assert len(counts) == len(tasks)
    assert counts.keys() == {*steps, "extract-sessions", "extract-flaky", "extract-files"}
    assert {task["state_type"] for _, task in tasks} == {"COMPLETED"}
    # What fails once is tried again.
    assert counts.pop("extract-flaky") == 2
    assert set(counts.values()) == {1}
    assert project.lake()["bars_1m"] == 3

    artifact = api.get("/artifacts/nightly-summary/latest")
    assert (artifact["type"], artifact["flow_run_id"]) == ("markdown", run["id"])
    assert artifact["data"].startswith("# Nightly refresh\n")
    assert "\n| flaky | 1 | 1 | 0 |\n" in artifact["data"]
    assert "\n| files | 1 | 2 | 0 |\n" in artifact["data"]
    assert "**dbt build**: " in artifact["data"]
    assert "**Proofs**: 15 pass\n" in artifact["data"]
    assert "**Lake**: " in artifact["data"]


def test_failing_source_does_not_stop_the_others(
    project: Project, api: Api, files: dict[str, Any]
) -> None:
    code, said = project.nightly([MISSING, SESSIONS, files], PREFECT_API_URL=api.url)

    assert code == 1, said
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, said
    assert "1 failed: files: " in errors[0]
    assert "nowhere.yaml" in errors[0]
    assert "Traceback" not in said

    run, tasks = api.last_run()
    assert run["state_type"] == "FAILED"
    assert "nowhere.yaml" in run["state"]["message"]
    states = sorted((task["state_type"], name) for name, task in tasks)
    assert states == [
        *(("COMPLETED", "dbt-build"), ("COMPLETED", "export-lake"), ("COMPLETED", "extract-files")),
        *(("COMPLETED", "extract-sessions"), ("COMPLETED", "open-warehouse")),
        *(("COMPLETED", "prove"), ("COMPLETED", "shelve"), ("FAILED", "extract-files")),
    ]
    assert "## Failed\n\n- files: " in api.get("/artifacts/nightly-summary/latest")["data"]
    assert project.lake()["bars_1m"] == 2


def test_nightly_schedule_is_half_past_nine_in_new_york() -> None:
    script = "from flows.deployments import NIGHTLY as n; print(n.cron, n.timezone, n.active)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert done.stdout == "30 21 * * * America/New_York True\n"


def test_deployments_register_the_schedule(api: Api) -> None:
    environment = {**clean_environment(), "PREFECT_API_URL": api.url}
    command = [sys.executable, "-m", "flows.deployments"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (deployments := api.post("/deployments/filter")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    (deployment,) = deployments
    assert (deployment["name"], deployment["tags"]) == ("nightly", ["barhouse"])
    (entry,) = deployment["schedules"]
    assert entry["active"]
    assert entry["schedule"]["cron"] == "30 21 * * *"
    assert entry["schedule"]["timezone"] == "America/New_York"
