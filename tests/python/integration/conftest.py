"""Warehouses to test against: real TimescaleDB servers in folders of their own."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from house_kit import ROOT, House, copy_project, copy_template, house_settings
from minutes_kit import FILES_YAML, minutes

from barhouse import embedded, transform
from barhouse.opening import ready_warehouse
from extract.settings import Settings

Share = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def share(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Share:
    """A function by which one of the test processes makes a state folder for all of them."""
    root = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        root = root.parent

    def shared(name: str, make: Callable[[Path], None]) -> Path:
        folder = root / name
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder / "state")
                (folder / "made").touch()
        return folder / "state"

    return shared


@pytest.fixture(scope="session")
def bare(share: Share) -> Path:
    """The state folder of a stopped server that is bootstrapped and knows the sessions."""

    def make(state: Path) -> None:
        house = House(house_settings(state))
        ready_warehouse(house.settings)
        house.extract("sessions")
        # The parsed project comes along with the folder and spares every test a full parse.
        assert transform.run_dbt(["parse", "--quiet"], house.settings, house.warehouse) == 0
        house.stop()

    return share("bare", make)


@pytest.fixture(scope="session")
def template(bare: Path, share: Share) -> Path:
    """The same, built: what a first build makes is there, without bars."""

    def make(state: Path) -> None:
        house = House(house_settings(state))
        copy_template(bare, house)
        house.build()
        house.stop()

    return share("template", make)


@pytest.fixture(scope="session")
def minutes_house(bare: Path, share: Share) -> Path:
    """The state folder of a stopped warehouse with the minutes, built once for all tests."""

    def make(state: Path) -> None:
        shutil.copytree(bare, state, ignore=lambda *_: ["cache"])
        house = House(Settings(ROOT, state, state / "lake", None))
        (state / "ko.csv").write_text(minutes())
        (state / "files.yaml").write_text(FILES_YAML)
        house.extract("files", config=state / "files.yaml")
        house.build()
        house.stop()

    return share("minutes", make)


@pytest.fixture
def new_house(template: Path, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """A function that makes a warehouse of its own: built, with sessions, without bars."""
    made: list[House] = []

    def make(project_dir: Path = ROOT) -> House:
        house = House(house_settings(tmp_path / f"house{len(made)}", project_dir))
        copy_template(template, house)
        made.append(house)
        return house

    yield make
    for house in made:
        embedded.stop(house.settings.embedded_dir)


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    """A warehouse of its own: built, with sessions, without bars."""
    return new_house()


@pytest.fixture
def bare_house(bare: Path, tmp_path: Path) -> Iterator[House]:
    """A warehouse of its own: bootstrapped, with sessions, never built."""
    house = House(house_settings(tmp_path / "bare"))
    copy_template(bare, house)
    yield house
    embedded.stop(house.settings.embedded_dir)


@pytest.fixture(scope="session")
def sample_house(
    bare: Path, share: Share, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The warehouse of the demo, built; shared, so tests only read it."""

    def make(state: Path) -> None:
        house = House(house_settings(state))
        copy_template(bare, house)
        house.extract("sample")
        house.build()
        house.stop()

    built = share("sample", make)
    house = House(house_settings(tmp_path_factory.mktemp("sample") / "state"))
    copy_template(built, house)
    yield house
    house.stop()


@pytest.fixture(scope="session")
def warehouse_url(sample_house: House) -> str:
    """URL of the built warehouse of the demo, as an analyst; tests only read it."""
    return sample_house.url("analyst")


@pytest.fixture
def write_files(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes files of bars and the YAML that describes them; returns the YAML."""

    def write(contents: dict[str, str], **keys: object) -> Path:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        described = {
            "timeframe": "1m",
            "timezone": "America/New_York",
            "label": "start",
            "basis": "raw",
            "asset_class": "equity",
            "exchange": "XNYS",
            "currency": "USD",
            "volume_unit": "shares",
            "session_scope": "regular",
            "time_format": "iso",
            "symbol": "column",
            "columns": "{time: time, symbol: symbol, open: open, high: high, low: low, "
            "close: close, volume: volume}",
            **keys,
        }
        lines = ["version: 1", "files:"]
        for name, text in contents.items():
            (folder / name).write_text(text, encoding="utf-8")
            lines.append(f"  - path: {name}")
            lines += [f"    {key}: {value}" for key, value in described.items()]
        path = folder / "files.yaml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """A project folder of the test's own, with everything that dbt and extract read."""
    copy_project(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)
