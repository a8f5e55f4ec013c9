"""How to reach a provider: its terms, made complete by settings and ``config/providers.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from extract.api.terms import Connection, Terms
from extract.config.providers import load_provider_config
from extract.providers import ExtractRequest, MisconfiguredError
from extract.settings import Settings, credential, endpoint, load_settings

DEFAULT_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Reach:
    """A provider as this project reaches it.

    Attributes:
        connection: What its module connects with.
        feed: The ``feed`` of landed rows.
        requests_per_minute: The rate budget of the key.
        concurrency: Requests under way at once.
        settles_after: How long after its end a bar may still change.
        delay: How long after its end a bar can be asked for at all.
        backoff_seconds: The first wait before a request is made again.
        other_feeds: Asset class to its feed, where that is always another one.
    """

    connection: Connection
    feed: str
    requests_per_minute: float
    concurrency: int
    settles_after: timedelta
    delay: timedelta
    backoff_seconds: float
    other_feeds: Mapping[str, str]

    def feed_of(self, asset_class: str) -> str:
        """Return the ``feed`` of an asset class's rows.

        Args:
            asset_class: E.g. ``crypto``.
        """
        return self.other_feeds.get(asset_class, self.feed)


def reach(terms: Terms, request: ExtractRequest) -> Reach:
    """Put together how to reach a provider.

    Args:
        terms: The provider's.
        request: The run; the environment goes before ``config/providers.yaml``.

    Raises:
        MisconfiguredError: A required credential is missing or the configuration is wrong.
        SettingsError: An environment variable cannot be used.
    """
    settings = request.settings or load_settings(start=request.project_dir)
    config = load_provider_config(request.project_dir, terms.name, terms.endpoints, terms.options)
    concurrency = config.concurrency or terms.concurrency
    options: dict[str, Any] = dict(config.options)
    feed = terms.feed
    if terms.feed_option:
        feed = str(options.setdefault(terms.feed_option, terms.feed))
    cache_dir = request.cache_dir / terms.name
    connection = Connection(
        endpoints={**config.endpoints, **_endpoints(terms, settings)},
        credentials=_credentials(terms, settings),
        options=options,
        timeout=config.timeout_seconds or DEFAULT_TIMEOUT_SECONDS,
        cache_dir=cache_dir,
        concurrency=concurrency,
    )
    return Reach(
        connection=connection,
        feed=feed,
        requests_per_minute=config.requests_per_minute or terms.requests_per_minute,
        concurrency=concurrency,
        settles_after=_minutes(config.settles_after_minutes, terms.settles_after),
        delay=_minutes(config.delay_minutes, terms.delay),
        backoff_seconds=1.0 if config.backoff_seconds is None else config.backoff_seconds,
        other_feeds=terms.other_feeds,
    )


def endpoint_variable(terms: Terms, name: str) -> str:
    """Return the environment variable of one endpoint, e.g. ``BARHOUSE_ALPACA_BASE_URL``.

    Args:
        terms: The provider's.
        name: One of its endpoints.
    """
    if name == "ca_file":
        return "BARHOUSE_CA_FILE"
    return f"BARHOUSE_{(terms.variable_prefix or terms.name).upper()}_{name.upper()}"


def _endpoints(terms: Terms, settings: Settings) -> dict[str, str]:
    given = {name: endpoint(settings, endpoint_variable(terms, name)) for name in terms.endpoints}
    return {name: value for name, value in given.items() if value}


def _credentials(terms: Terms, settings: Settings) -> dict[str, str]:
    found = {}
    for wanted in terms.credentials:
        value = credential(settings, terms.name, wanted.name, wanted.variable)
        if value:
            found[wanted.name] = value
        elif wanted.is_required:
            raise MisconfiguredError(
                f"{terms.name} needs a key and {wanted.variable} is not set; set it in the "
                f"environment or .env, or put `{wanted.name}` under [sources.{terms.name}] into "
                ".dlt/secrets.toml."
            )
    return found


def _minutes(given: float | None, default: timedelta) -> timedelta:
    return default if given is None else timedelta(minutes=given)
