"""Settings come from the environment, then from .env, and say what is wrong with them."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from extract.settings import Settings, SettingsError, credential, endpoint, load_settings


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


def settings_with(project: Path, home: Path, **variables: str) -> Settings:
    return load_settings({"HOME": str(home), **variables}, project)


def key_of(settings: Settings) -> str | None:
    return credential(settings, "alpaca", "api_key", "APCA_API_KEY_ID")


def write_secrets(folder: Path, text: str | bytes) -> Path:
    path = folder / ".dlt" / "secrets.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_secret_is_looked_for_from_near_to_far(project: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert key_of(settings_with(project, home)) is None
    write_secrets(home, '[sources.alpaca]\napi_key = "from home"\n')
    assert key_of(settings_with(project, home)) == "from home"
    write_secrets(project, '[sources.alpaca]\napi_key = "from the project"\n')
    assert key_of(settings_with(project, home)) == "from the project"
    dlt = {"SOURCES__ALPACA__API_KEY": "from dlt's variable"}
    assert key_of(settings_with(project, home, **dlt)) == "from dlt's variable"
    (project / ".env").write_text("APCA_API_KEY_ID=from .env\n")
    assert key_of(settings_with(project, home, **dlt)) == "from .env"
    vendor = {**dlt, "APCA_API_KEY_ID": "from the environment"}
    assert key_of(settings_with(project, home, **vendor)) == "from the environment"


def test_empty_secret_counts_as_missing(project: Path, tmp_path: Path) -> None:
    (project / ".env").write_text("APCA_API_KEY_ID=\n")
    write_secrets(project, '[sources.alpaca]\napi_key = " "\n[sources]\nyahoo = 1\n')
    home = tmp_path / "home"
    blank = {"APCA_API_KEY_ID": " ", "SOURCES__ALPACA__API_KEY": ""}
    assert key_of(settings_with(project, home, **blank)) is None


def test_secret_of_another_provider_is_not_taken(project: Path, tmp_path: Path) -> None:
    write_secrets(project, '[sources.polygon]\napi_key = "x"\n[sources]\nalpaca = "y"\n')
    assert key_of(settings_with(project, tmp_path / "home")) is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'[sources.alpaca]\napi_key = "hush\n', "line 2: it is not TOML; correct it."),
        (b"[sources.alpaca]\napi_key = hush\n", "line 2: it is not TOML; correct it."),
        (b'[sources.alpaca]\n\n\nhush = "a"\nhush = "b"\n', "line 5: it is not TOML; correct it."),
        (b'[sources.alpaca]\napi_key = "hush', "line 2: it is not TOML; correct it."),
        (b'[sources.alpaca]\napi_key = "hush\xff"\n', "line 2: it is not UTF-8; save it as UTF-8."),
        (b"hush = " + b"[" * 100_000, "line 1: it is not TOML; correct it."),
    ],
)
def test_broken_secrets_file_is_named_and_never_quoted(
    project: Path, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = write_secrets(project, content)
    with pytest.raises(SettingsError) as caught:
        key_of(settings_with(project, tmp_path / "home"))
    assert str(caught.value) == f"{path}, {sentence}"
    assert "hush" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_secret_without_quotes_is_told_and_not_shown(project: Path, tmp_path: Path) -> None:
    path = write_secrets(project, "[sources.alpaca]\napi_key = 12345\n")
    with pytest.raises(SettingsError, match=r"a `api_key` under \[sources\.alpaca\]") as caught:
        key_of(settings_with(project, tmp_path / "home"))
    assert str(path) in str(caught.value)
    assert "12345" not in str(caught.value)


def test_secrets_file_that_cannot_be_read_is_named(project: Path, tmp_path: Path) -> None:
    path = project / ".dlt" / "secrets.toml"
    path.mkdir(parents=True)
    with pytest.raises(SettingsError, match=f"^{path} cannot be read: Is a directory"):
        key_of(settings_with(project, tmp_path / "home"))


def test_settings_never_show_a_secret(project: Path, tmp_path: Path) -> None:
    url = "postgresql://me:hush@host/db"
    secrets = {"APCA_API_KEY_ID": "hush", "BARHOUSE_DATABASE_URL": url}
    settings = settings_with(project, tmp_path, **secrets)
    assert "hush" not in repr(settings) + str(settings)
    assert isinstance(hash(settings), int)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BARHOUSE_ALPACA_BASE_URL", "http://127.0.0.1:8080/data"),
        ("BARHOUSE_YAHOO_PROXY", "https://me:hush@proxy.example:3128"),
        ("BARHOUSE_IB_PORT", "4002"),
        ("BARHOUSE_IB_HOST", "gateway.example"),
        ("BARHOUSE_IB_HOST", "::1"),
    ],
)
def test_endpoint_is_taken_from_its_variable(project: Path, variable: str, value: str) -> None:
    assert endpoint(load_settings({variable: value}, project), variable) == value


def test_endpoint_that_is_not_set_is_none(project: Path) -> None:
    assert endpoint(load_settings({"BARHOUSE_IB_PORT": " "}, project), "BARHOUSE_IB_PORT") is None


def test_file_of_an_endpoint_starts_in_the_project(project: Path) -> None:
    (project / "ca.pem").touch()
    settings = load_settings({"BARHOUSE_CA_FILE": "ca.pem"}, project)
    assert endpoint(settings, "BARHOUSE_CA_FILE") == str(project / "ca.pem")


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("BARHOUSE_ALPACA_BASE_URL", "ftp://me:hush@host", "is no URL; expected http://host:port"),
        ("BARHOUSE_ALPACA_BASE_URL", "http://me:hush@host:x", "is no URL; expected http://host"),
        ("BARHOUSE_ALPACA_BASE_URL", "http://me:hush@[::1", "is no URL; expected http://host:po"),
        ("BARHOUSE_ALPACA_BASE_URL", "http://", "is no URL; expected http://host:port"),
        ("BARHOUSE_YAHOO_PROXY", "me:hush@proxy:3128", "is no URL; expected http://host:port"),
        ("BARHOUSE_YAHOO_PROXY", "http://proxy :3128", "is no URL; expected http://host:port"),
        ("BARHOUSE_IB_PORT", "0", "is '0'; expected a port from 1 to 65535."),
        ("BARHOUSE_IB_PORT", "65536", "is '65536'; expected a port from 1 to 65535."),
        ("BARHOUSE_IB_PORT", "4001x", "is '4001x'; expected a port from 1 to 65535."),
        ("BARHOUSE_IB_HOST", "http://me:hush@host", "is no host; expected its name or address"),
        ("BARHOUSE_CA_FILE", "missing.pem", "names "),
    ],
)
def test_endpoint_that_cannot_be_used_is_told(
    project: Path, variable: str, value: str, sentence: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        endpoint(load_settings({variable: value}, project), variable)
    assert str(caught.value).startswith(f"{variable} {sentence}")
    assert str(caught.value).endswith(".")
    assert "hush" not in "".join(traceback.format_exception(caught.value))
