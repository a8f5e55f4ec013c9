"""``barhouse docs``: dbt's documentation as one page, of the warehouse of the demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from browser_kit import installed_browser
from house_kit import House
from typer.testing import CliRunner

from barhouse.cli.main import app


def embedded_objects(text: str) -> list[dict[str, Any]]:
    """The manifest and the catalog, which dbt writes into the page as JSON."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while (place := text.find('{"metadata": {', place)) >= 0:
        content, end = decoder.raw_decode(text, place)
        found.append(content)
        place = end
    return found


def test_page_has_lineage_exposures_and_the_columns_of_the_database(
    sample_house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BARHOUSE_STATE_DIR", str(sample_house.settings.state_dir))
    monkeypatch.delenv("BARHOUSE_DATABASE_URL", raising=False)
    page = tmp_path / "index.html"
    done = CliRunner().invoke(app, ["docs", "--output", str(page)])
    assert done.exit_code == 0, done.exception
    assert done.stdout.strip() == str(page)
    manifest, catalog = embedded_objects(page.read_text(encoding="utf-8"))
    exposures = {one["name"]: one["depends_on"]["nodes"] for one in manifest["exposures"].values()}
    assert set(exposures) == {"parquet_lake", "python_api", "report"}
    assert "model.barhouse.completeness" in exposures["report"]
    assert "exposure.barhouse.report" in manifest["child_map"]["model.barhouse.quarantine"]
    columns = catalog["nodes"]["model.barhouse.daily_bars"]["columns"]
    described = manifest["nodes"]["model.barhouse.daily_bars"]["columns"]
    assert columns["close"]["type"] == "numeric"
    assert set(columns) == set(described)
    assert all(one["description"] for one in described.values())
    # It opens from the file, with nothing from any server. (dbt's own page asks for icons by names
    # that it fills in later.)
    names = "[...document.querySelectorAll('.filename-normal')].map((one) => one.textContent)"
    view = {"name": "page", "waitFor": "text=Report", "questions": {"names": names}}
    seen = installed_browser().look(page, view)["page"]
    assert [url for url in seen["requests"] if url.startswith(("http", "ws"))] == []
    assert {"Report", "Python API", "Parquet lake"} <= set(seen["answers"]["names"])
