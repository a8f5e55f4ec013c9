"""What ``dbt_project.yml`` may say about the life of chunks."""

from __future__ import annotations

from pathlib import Path

import pytest

from barhouse.errors import BarhouseError
from barhouse.policies import COMPRESSIBLE, load_policies
from extract.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


def settings(folder: Path, text: str) -> Settings:
    (folder / "dbt_project.yml").write_text(text)
    return Settings(folder, folder / "state", folder / "lake", None)


def test_the_project_drops_nothing_by_itself() -> None:
    policies = load_policies(Settings(ROOT, ROOT, ROOT, None))
    assert policies.retention == {}
    assert set(policies.compress_after) == set(COMPRESSIBLE)


def test_ages_are_read(tmp_path: Path) -> None:
    text = "vars: {retention: {bars_1m: 5 years}, retention_grace: 0 days}"
    policies = load_policies(settings(tmp_path, text))
    assert (policies.retention, policies.retention_grace) == ({"bars_1m": "5 years"}, "0 days")
    assert load_policies(settings(tmp_path, "name: x")).compress_after == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("retention: {bars_1d: 5 years}", "retention of dbt_project.yml names bars_1d; expected"),
        ("compress_after: 5 days", "compress_after of dbt_project.yml names 5 days; expected"),
        ("retention: {bars_1m: 5}", r"retention\.bars_1m of dbt_project.yml is '5'; expected a"),
        ("retention: {bars_1m: '1 day\\'; drop'}", "expected a whole number of hours"),
        ("retention_grace: soon", "retention_grace of dbt_project.yml is 'soon'"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BarhouseError, match=said):
        load_policies(settings(tmp_path, "vars:\n  " + text.replace("\\'", "")))
