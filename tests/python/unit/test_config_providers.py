"""What config/providers.yaml says of a provider, and what it must not say."""

from __future__ import annotations

import re
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from extract.api.connection import DEFAULT_TIMEOUT_SECONDS
from extract.api.terms import Terms
from extract.config.providers import ProviderConfig, load_provider_config
from extract.providers import MisconfiguredError
from extract.sources import alpaca, coinbase, interactive_brokers, polygon, yahoo

ROOT = Path(__file__).resolve().parents[3]
ENDPOINTS = ("base_url", "host", "port", "proxy", "ca_file")
OPTIONS = ("feed", "extended_hours", "client_id")
TERMS = [module.TERMS for module in (alpaca, coinbase, interactive_brokers, polygon, yahoo)]


def load(project: Path, text: str | None, name: str = "alpaca") -> ProviderConfig:
    path = project / "config" / "providers.yaml"
    path.parent.mkdir(exist_ok=True)
    if text is not None:
        path.write_text(text)
    return load_provider_config(project, name, ENDPOINTS, OPTIONS)


def section(*lines: str) -> str:
    return "".join(["version: 1\nproviders:\n  alpaca:\n", *(f"    {line}\n" for line in lines)])


def refusal(project: Path, text: str) -> str:
    with pytest.raises(MisconfiguredError) as caught:
        load(project, text)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [None, "version: 1\n", "version: 1\nproviders:\n", "version: 1\nproviders:\n  alpaca:\n"],
)
def test_what_is_left_out_is_the_default(tmp_path: Path, text: str | None) -> None:
    assert load(tmp_path, text) == ProviderConfig()


def test_everything_that_is_said_arrives(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    text = section(
        "base_url: http://gateway:8080/v2",
        "port: 4002",
        "ca_file: ca.pem",
        "feed: iex",
        "extended_hours: true",
        "client_id: 18",
        "requests_per_minute: 0.5",
        "concurrency: 32",
        "timeout_seconds: 5",
        "backoff_seconds: 0",
        "settles_after_minutes: 15",
        "delay_minutes: 0",
    )
    assert asdict(load(tmp_path, text)) == {
        "endpoints": {
            "base_url": "http://gateway:8080/v2",
            "port": "4002",
            "ca_file": str(tmp_path / "ca.pem"),
        },
        "options": {"feed": "iex", "extended_hours": True, "client_id": 18},
        "requests_per_minute": 0.5,
        "concurrency": 32,
        "timeout_seconds": 5,
        "backoff_seconds": 0,
        "settles_after_minutes": 15,
        "delay_minutes": 0,
    }


def test_other_providers_are_left_alone(tmp_path: Path) -> None:
    text = section("feed: iex") + "  yahoo:\n    something: else\n  not_installed:\n    a: 1\n"
    assert load(tmp_path, text, "coinbase") == ProviderConfig()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("concurrency: 0", "`concurrency` is 0; expected greater than or equal to 1."),
        ("concurrency: 33", "`concurrency` is 33; expected less than or equal to 32."),
        ("concurrency: 1.5", "`concurrency` is 1.5; expected a whole number."),
        ("concurrency: true", "`concurrency` is true; expected a whole number."),
        ("requests_per_minute: 0", "`requests_per_minute` is 0; expected greater than 0."),
        ("requests_per_minute: many", "`requests_per_minute` is 'many'; expected a number."),
        ("timeout_seconds: .inf", "`timeout_seconds` is '.inf'; expected a number."),
        ("delay_minutes: -1", "`delay_minutes` is -1; expected greater than or equal to 0."),
        ("settles_after_minutes: 9999999", "`settles_after_minutes` is 9999999; expected less"),
        ("feeed: iex", "`feeed` is not known for alpaca; expected some of base_url, host, port,"),
        ("feed: [iex]", "`feed` has several values; expected one."),
        ("base_url: gateway:8080", "`base_url` is no URL; expected http://host:port or https:"),
        ("proxy: socks5://gateway", "`proxy` is no URL; expected http://host:port or https:"),
        ("port: 70000", "`port` is '70000'; expected a port from 1 to 65535."),
        ("host: http://gateway", "`host` is no host; expected its name or address alone"),
        ("ca_file: missing.pem", "`ca_file` names "),
    ],
)
def test_mistake_has_a_line(tmp_path: Path, line: str, sentence: str) -> None:
    told = refusal(tmp_path, section("# a comment", line))
    assert told.startswith(f"config/providers.yaml, line 5: {sentence}")


def test_misspelled_key_comes_with_the_nearest(tmp_path: Path) -> None:
    assert refusal(tmp_path, section("feeed: iex")).endswith("; did you mean 'feed'?")


def test_misspelled_provider_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path, "version: 1\nproviders:\n  alpacca:\n    feed: iex\n") == (
        "config/providers.yaml, line 3: there is no provider `alpacca`; did you mean 'alpaca'?"
    )


@pytest.mark.parametrize(
    "key", ["api_key", "api_secret", "token", "password", "secret", "API_KEY", "oauth_token"]
)
@pytest.mark.parametrize("provider", ["alpaca", "yahoo"])
def test_secret_is_refused_wherever_it_stands(tmp_path: Path, key: str, provider: str) -> None:
    told = refusal(tmp_path, f"version: 1\nproviders:\n  {provider}:\n    {key}: PK12345\n")
    assert told == (
        f"config/providers.yaml, line 4: `{key}` is a secret, and this file is kept in git; put it "
        "into the environment, .env or .dlt/secrets.toml, see docs/providers.md."
    )


@pytest.mark.parametrize(
    "text",
    [
        section("proxy: http://me:PK12345@gateway:3128"),
        section("proxy: socks5://me:PK12345@gateway:3128"),
        section("proxy: http://me:PK12345@gateway:port"),
        "version: 1\nproviders:\n  alpaca: PK12345\n",
        "version: 1\nproviders: PK12345\n",
        "version: 1\napi_key: PK12345\n",
    ],
)
def test_secret_is_never_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(MisconfiguredError, match=r"config/providers\.yaml, line \d: ") as caught:
        load(tmp_path, text)
    assert "PK12345" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("terms", TERMS, ids=lambda terms: terms.name)
def test_shipped_file_says_the_defaults(terms: Terms, tmp_path: Path) -> None:
    shipped = (ROOT / "config" / "providers.yaml").read_text()
    head, _, providers = shipped.partition("providers:\n")
    said = re.sub(r"(?m)^    # (\w+: \S+)$", r"    \1", providers)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "providers.yaml").write_text(f"{head}providers:\n{said}")
    config = load_provider_config(tmp_path, terms.name, terms.endpoints, terms.options)
    assert config.requests_per_minute == terms.requests_per_minute
    assert config.concurrency == terms.concurrency
    assert config.settles_after_minutes == terms.settles_after.total_seconds() / 60
    assert config.delay_minutes == terms.delay.total_seconds() / 60
    assert {*config.endpoints, "ca_file"} == {*terms.endpoints, "ca_file"}
    assert set(config.options) == set(terms.options)
    if terms.feed_option:
        assert config.options[terms.feed_option] == terms.feed


def test_shipped_file_changes_nothing() -> None:
    for terms in TERMS:
        config = load_provider_config(ROOT, terms.name, terms.endpoints, terms.options)
        expected: dict[str, Any] = {"requests_per_minute": terms.requests_per_minute}
        assert config == ProviderConfig(**expected)


def test_shipped_file_says_the_time_out() -> None:
    shipped = (ROOT / "config" / "providers.yaml").read_text()
    assert f"for each answer; {DEFAULT_TIMEOUT_SECONDS:.0f}\n" in shipped
