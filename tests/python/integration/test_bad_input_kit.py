"""What the tests of bad input share (no tests here): files, the YAML around them, minute bars."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from house_kit import ROOT, House, copy_state

from extract.settings import Settings

HEADER = "time,symbol,open,high,low,close,volume\n"
GOOD_PRICES = "59.00,59.20,58.90,59.10,1000"
#: What every file of these tests is, unless it says otherwise.
DESCRIBED = {
    "timeframe": "1m",
    "timezone": "America/New_York",
    "basis": "raw",
    "asset_class": "equity",
    "exchange": "XNYS",
    "currency": "USD",
    "volume_unit": "shares",
    "session_scope": "regular",
    "symbol": "column",
    "columns": {name: name for name in HEADER.strip().split(",")},
}


class Folder:
    """A folder of files and the YAML that describes those of the last call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "files.yaml"

    def describe(self, contents: dict[str, str | bytes], **keys: object) -> Path:
        """Write files and the YAML that names just them; a key given here replaces a default."""
        self.path.mkdir(exist_ok=True)
        for name, content in contents.items():
            (self.path / name).write_bytes(
                content.encode() if isinstance(content, str) else content
            )
        entries = [{"path": name, **DESCRIBED, **keys} for name in contents]
        # JSON is YAML; unlike the YAML writer it never folds a long value.
        self.config.write_text(json.dumps({"version": 1, "files": entries}), encoding="utf-8")
        return self.config


def minutes(symbol: str, day: str, count: int = 3, *, prices: str = GOOD_PRICES) -> list[str]:
    """Lines of consecutive minutes from the open at 09:30, without line ends."""
    starts = [divmod(570 + place, 60) for place in range(count)]
    return [f"{day} {hour:02d}:{minute:02d}:00,{symbol},{prices}" for hour, minute in starts]


def csv(*parts: Iterable[str]) -> str:
    return HEADER + "".join(line + "\n" for part in parts for line in part)


def listing(folder: Path, *without: Path) -> set[str]:
    """Every path below a folder, except those in the folders left out."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if not any(path.is_relative_to(left_out) for left_out in without)
        and "__pycache__" not in path.parts
    }


def published(house: House) -> dict[tuple[str, str], int]:
    """How many minutes of each symbol and session day an analyst sees."""
    rows = house.query("select symbol, bar_start_at from marts.bars where timeframe = '1m'")
    found: dict[tuple[str, str], int] = {}
    for symbol, start in rows:
        place = (symbol, start.date().isoformat())
        found[place] = found.get(place, 0) + 1
    return found


def rows_of(house: House, sql: str, *parameters: object) -> list[dict[str, Any]]:
    """Rows as dictionaries: each is one JSON object of the database."""
    return [row for (row,) in house.query(f"select to_jsonb(q) from ({sql}) as q", *parameters)]


def house_in(folder: Path, template: Path, project_dir: Path = ROOT) -> House:
    """A warehouse like that of the fixture ``house``, for a whole module; the caller stops it."""
    copy_state(template, folder / "state")
    return House(Settings(project_dir, folder / "state", folder / "lake", database_url=None))
