"""The terms of an API provider: what holds before anything is asked, and how it is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any


def as_it_is(symbol: str, _asset_class: str) -> str:
    """Return a symbol as it is: for providers that spell as we do."""
    return symbol


@dataclass(frozen=True)
class Credential:
    """A secret that a provider needs.

    Attributes:
        name: Its name in dlt's secrets file under ``[sources.<provider>]``, e.g. ``api_key``.
        variable: Its environment variable, the vendor's own, e.g. ``APCA_API_KEY_ID``.
        is_required: Whether nothing works without it.
    """

    name: str
    variable: str
    is_required: bool = True


@dataclass(frozen=True)
class Connection:
    """How to reach a provider.

    Attributes:
        endpoints: The terms' endpoint settings that are set, e.g. ``{"base_url": "http://..."}``.
        credentials: Values of the terms' credentials that are set, by name. Never log them.
        options: The provider's own entries of ``config/providers.yaml``, e.g. ``{"feed": "sip"}``.
        timeout: Seconds to wait for a connection and for each answer.
        cache_dir: A folder of the provider's own for caches.
        concurrency: How many threads will call at once.
    """

    endpoints: Mapping[str, str]
    credentials: Mapping[str, str] = field(repr=False)
    options: Mapping[str, Any]
    timeout: float
    cache_dir: Path
    concurrency: int = 4


def _no_reach(_timeframe: str) -> timedelta | None:
    return None


@dataclass(frozen=True)
class Terms:
    """What holds for a provider before anything is asked.

    Attributes:
        name: The provider's name, e.g. ``alpaca``.
        title: One line for ``barhouse providers``.
        feed: The ``feed`` of landed rows, e.g. ``sip``; :attr:`feed_option` may replace it.
        windows: Longest window of one :class:`Window` by timeframe; its keys are what can be asked.
        price_basis: By asset class: ``raw``, ``split`` or ``none``; its keys are what is offered.
        volume_unit: By asset class: ``shares``, ``base`` or ``unknown``.
        spell: Our spelling and asset class to the provider's spelling.
        unspell: The provider's spelling and asset class to ours.
        session_scope: Asset class, timeframe and connection options to what intraday bars span.
        settles_after: How long after its end a bar may still change.
        delay: How long after its end a bar can be asked for at all.
        requests_per_minute: The rate budget of one key, by default.
        burst: How many requests may go at once after a pause.
        concurrency: Requests under way at once, by default.
        reach: Timeframe to how far back the provider goes; ``None`` for no limit.
        has_actions: Whether it reports splits and dividends (of equities and funds).
        has_assets: Whether it has a symbol list.
        announces: How far ahead announced actions are asked for.
        credentials: What it needs.
        endpoints: Endpoint settings, e.g. ``base_url``; the variable of each is
            ``BARHOUSE_<NAME>_<ENDPOINT>``, upper case, and of ``ca_file`` ``BARHOUSE_CA_FILE``.
        variable_prefix: What stands for ``<NAME>`` there when it is not the name, e.g. ``IB``.
        options: Names of further entries that ``config/providers.yaml`` may hold for it.
        feed_option: The option that names the feed, if any.
        other_feeds: Asset class to its feed, where that is always another one.
        package: What to install when its SDK is missing.
    """

    name: str
    title: str
    feed: str
    windows: Mapping[str, timedelta]
    price_basis: Mapping[str, str]
    volume_unit: Mapping[str, str]
    session_scope: Callable[[str, str, Mapping[str, Any]], str]
    settles_after: timedelta
    requests_per_minute: float
    package: str
    spell: Callable[[str, str], str] = as_it_is
    unspell: Callable[[str, str], str] = as_it_is
    burst: int = 1
    concurrency: int = 4
    delay: timedelta = timedelta(0)
    reach: Callable[[str], timedelta | None] = _no_reach
    has_actions: bool = False
    has_assets: bool = False
    announces: timedelta = timedelta(days=90)
    credentials: Sequence[Credential] = ()
    endpoints: Sequence[str] = ()
    options: Sequence[str] = ()
    feed_option: str | None = None
    other_feeds: Mapping[str, str] = field(default_factory=dict)
    variable_prefix: str | None = None
