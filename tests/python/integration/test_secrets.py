"""The password of a database by URL works whatever is in it, and is written down nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from house_kit import House, copy_project
from test_bad_input_kit import Folder, csv, house_in, minutes

from barhouse import embedded

BARHOUSE = Path(sys.executable).with_name("barhouse")
#: Its middle survives every way of quoting, so that is what is searched for.
PASSWORD = "p@ss/w:rd?0penSesame42#%&+'$"
NEEDLE = "0penSesame42"
SOURCES = """version: 1
sources:
  - provider: files
    options: {config: files/files.yaml}
"""


@dataclass(frozen=True)
class Place:
    """A server with that password, and a project, state, lake and home of its user's own."""

    house: House
    url: str
    folder: Path

    @property
    def files(self) -> Folder:
        return Folder(self.folder / "project" / "files")

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run the command line; returns its exit code and all it said."""
        environment = {
            "PATH": os.defpath,
            "HOME": str(self.folder / "home"),
            "BARHOUSE_HOME": str(self.folder / "project"),
            "BARHOUSE_STATE_DIR": str(self.folder / "state"),
            "BARHOUSE_LAKE_DIR": str(self.folder / "lake"),
            "BARHOUSE_DATABASE_URL": self.url,
        }
        done = subprocess.run(
            [BARHOUSE, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def leaks(self) -> list[str]:
        """Every file that holds the password, below all that the commands could write to."""
        assert NEEDLE in (self.house.settings.embedded_dir / "password").read_text()
        found = [
            path
            for folder in (self.folder, self.house.settings.embedded_dir)
            for path in folder.rglob("*")
            if path.is_file() and path.name != "password" and NEEDLE.encode() in path.read_bytes()
        ]
        return [str(path) for path in found]


@pytest.fixture(scope="module")
def place(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("user")
    project = folder / "project"
    copy_project(project)
    (folder / "home").mkdir()
    (project / "config" / "sources.yaml").write_text(SOURCES)

    house = house_in(tmp_path_factory.mktemp("server"), template)
    (house.settings.embedded_dir / "password").write_text(PASSWORD + "\n")
    server = embedded.start(house.settings.embedded_dir)
    quoted = quote(PASSWORD, safe="")
    url = f"postgresql://postgres:{quoted}@{server.host}:{server.port}/{server.database}"
    yield Place(house, f"{url}?sslmode=disable", folder)
    embedded.stop(house.settings.embedded_dir)


def test_load_that_the_database_refuses_is_finished_later_and_tells_no_password(
    place: Place,
) -> None:
    place.files.describe({"ko.csv": csv(minutes("KO", "2024-01-02"))})
    command = ("extract", "files", "--config", str(place.files.config))
    place.house.execute("revoke insert on staging.requests from loader")
    code, said = place.run(*command)
    assert code == 1
    assert "error: The load could not be completed" in said
    assert "permission denied for table requests" in said
    assert "Traceback" not in said
    assert NEEDLE not in said
    assert place.leaks() == []

    place.house.execute("grant insert on staging.requests to loader")
    code, said = place.run(*command)
    assert (code, NEEDLE in said) == (0, False)
    assert place.house.query("select count(*) from staging.raw_bars") == [(3,)]
    assert place.leaks() == []


def test_nightly_run_that_fails_in_part_tells_no_password(place: Place) -> None:
    contents = {"pep.csv": csv(minutes("PEP", "2024-01-02")), "bad.csv": b"\xff\xfe\xfd\n"}
    place.files.describe(contents)
    code, said = place.run("nightly")
    assert code == 1
    assert said.count("error: ") == 1
    assert "Traceback" not in said
    assert "is not utf-8" in said.partition("error: ")[2]
    assert NEEDLE not in said
    # The rest of the run was done: built, exported.
    assert place.house.query("select count(*) from marts.bars_1m where symbol = 'PEP'") == [(3,)]
    assert list((place.folder / "lake" / "bars_1m").rglob("*.parquet"))
    assert place.leaks() == []


def test_build_that_fails_tells_no_password(place: Place) -> None:
    place.house.execute("revoke create on schema quality from transformer")
    code, said = place.run("build", "--full-refresh")
    place.house.execute("grant create on schema quality to transformer")
    assert code == 1
    assert "error: dbt build failed: " in said
    assert "permission denied for schema quality" in said
    assert NEEDLE not in said
    assert place.leaks() == []
    code, said = place.run("dbt", "debug")
    assert code == 0
    assert NEEDLE not in said
    assert place.leaks() == []
