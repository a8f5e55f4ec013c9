"""House rules that no linter knows."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from extract import landing

ROOT = Path(__file__).resolve().parents[3]
SQL_WORDS = re.compile(
    r"\b(select\s.+\sfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|create\s+table)\b",
    re.IGNORECASE | re.DOTALL,
)
DDL_WORDS = re.compile(
    r"\b(create|alter|drop|truncate)\s+(table|schema|view|role|index|extension)\b", re.IGNORECASE
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def texts(path: Path) -> list[str]:
    """String constants of a module, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "flows").glob("*.py")), ids=lambda p: p.name)
def test_flows_hold_no_sql(path: Path) -> None:
    assert [text for text in texts(path) if SQL_WORDS.search(text)] == []


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "extract").rglob("*.py")),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_extract_holds_no_ddl(path: Path) -> None:
    assert [text for text in texts(path) if DDL_WORDS.search(text)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "models").rglob("*.sql")), ids=lambda p: p.stem)
def test_every_model_has_its_properties_beside_it(path: Path) -> None:
    properties = path.with_suffix(".yml")
    assert properties.is_file()
    assert f"  - name: {path.stem}\n" in properties.read_text(encoding="utf-8")


def test_no_file_names_a_package_registry() -> None:
    # Written apart, so that this file does not name one.
    hosts = ["registry." + "npmjs.org", "pypi." + "org", "files.pythonhosted." + "org"]
    offending = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if any(host.encode() in path.read_bytes() for host in hosts)
    ]
    assert offending == []


def test_every_locked_package_is_pinned_with_a_hash() -> None:
    tools = sorted((ROOT / "tools").glob("*.lock"))
    for lock in [ROOT / "requirements.lock", ROOT / "benchmarks" / "requirements.lock", *tools]:
        entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
        packages = [entry for entry in entries if not entry.startswith("#")]
        assert packages
        assert [entry for entry in packages if "==" not in entry or "--hash=" not in entry] == []


@pytest.mark.parametrize("folder", ["embedded", "tests/python/browser"])
def test_npm_packages_are_locked_by_integrity_alone(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert packages
    assert [e for e in packages if not e.get("integrity", "").startswith("sha512-")] == []
    assert [entry for entry in packages if "resolved" in entry] == []


def test_modules_stay_small() -> None:
    large = {
        str(path.relative_to(ROOT)): lines
        for path in tracked_files()
        if path.suffix in (".py", ".mjs", ".sql")
        and "tests" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert large == {}


def test_dbt_and_the_landing_contract_know_the_same_timeframes() -> None:
    text = (ROOT / "macros" / "bars" / "timeframes.sql").read_text(encoding="utf-8")
    lengths = dict(re.findall(r"'(\w+)': '(\d+ \w+)'", text))
    units = {"minute": 1, "hour": 60, "day": 1440}
    minutes = {
        name: int(number) * units[unit.removesuffix("s")]
        for name, (number, unit) in ((name, length.split()) for name, length in lengths.items())
    }
    assert minutes == {
        name: length.total_seconds() / 60 for name, length in landing.TIMEFRAMES.items()
    }
