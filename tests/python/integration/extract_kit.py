"""The command line against fake providers: a state folder, an environment, and kills."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from house_kit import ROOT, House

from barhouse.cli import main

BARHOUSE = Path(sys.executable).with_name("barhouse")
PATIENCE_SECONDS = 240
#: Variables of these beginnings, from whatever ran before, must not count.
FOREIGN = ("BARHOUSE", "DBT", "PREFECT", "APCA", "POLYGON", "COINBASE", "SOURCES__")


@dataclass
class Desk:
    """Where somebody types ``barhouse extract``: an environment, a warehouse and maybe a project.

    Attributes:
        house: The warehouse; its state folder is the one in use.
        variables: Set beside what every program needs.
        project: Another project folder than this repository.
    """

    house: House
    variables: dict[str, str] = field(default_factory=dict)
    project: Path = ROOT

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own."""
        return subprocess.Popen(
            [BARHOUSE, *arguments],
            cwd=self.project,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command; returns its exit code and all it said."""
        process = self.start(*arguments)
        try:
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            kill(process)
        return process.returncode, said

    def run_here(self, *arguments: str) -> tuple[int, str]:
        """Run a command inside this process, which spares it the start; see :meth:`run`."""
        said = io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment(), clear=True),
            mock.patch.object(sys, "argv", ["barhouse", *arguments]),
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
        ):
            try:
                main()
            except SystemExit as end:
                return int(end.code or 0), said.getvalue()
        return 0, said.getvalue()

    def environment(self) -> Mapping[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        return {
            **kept,
            "HOME": str(self.house.settings.state_dir / "home"),
            "COLUMNS": "200",
            "BARHOUSE_HOME": str(self.project),
            "BARHOUSE_STATE_DIR": str(self.house.settings.state_dir),
            "BARHOUSE_LAKE_DIR": str(self.house.settings.lake_dir),
            **self.variables,
        }


def kill(process: subprocess.Popen[str]) -> None:
    """Kill -9 a command and what it started, but not the database, which has a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
