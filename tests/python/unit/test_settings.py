"""Settings come from the environment, then from .env, and say what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.settings import SettingsError, load_settings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "dbt_project.yml").write_text("name: barhouse\n")
    return tmp_path


def test_defaults_lie_in_the_project(project: Path) -> None:
    settings = load_settings({}, project)
    assert settings.project_dir == project
    assert settings.state_dir == project / ".barhouse"
    assert settings.lake_dir == project / "lake"
    assert settings.database_url is None


def test_project_is_found_from_a_folder_inside_it(project: Path) -> None:
    inside = project / "models" / "core"
    inside.mkdir(parents=True)
    assert load_settings({}, inside).project_dir == project


def test_environment_wins_over_the_env_file(project: Path) -> None:
    (project / ".env").write_text("BARHOUSE_LAKE_DIR=from_file\nBARHOUSE_STATE_DIR=state\n")
    settings = load_settings({"BARHOUSE_LAKE_DIR": "/from/environment"}, project)
    assert settings.lake_dir == Path("/from/environment")
    assert settings.state_dir == project / "state"


def test_empty_variable_counts_as_not_set(project: Path) -> None:
    assert load_settings({"BARHOUSE_DATABASE_URL": ""}, project).database_url is None


def test_url_of_another_kind_is_refused_without_showing_it(project: Path) -> None:
    with pytest.raises(SettingsError, match="starts with 'mysql:'") as caught:
        load_settings({"BARHOUSE_DATABASE_URL": "mysql://me:secret@host/db"}, project)
    assert "secret" not in str(caught.value)


def test_home_that_is_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"No dbt_project\.yml in BARHOUSE_HOME"):
        load_settings({"BARHOUSE_HOME": str(tmp_path)}, tmp_path)
