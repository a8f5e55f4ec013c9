"""The provider interface: what a source of bars must offer to land in Barhouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from extract.coverage import Coverage, Range
from extract.landing import Batch
from extract.settings import Settings

#: Where packages name their providers.
ENTRY_POINT_GROUP = "barhouse.providers"
#: Called with a request's fingerprint; true when a completed load already holds it.
IsLanded = Callable[[str], bool]


class ProviderError(RuntimeError):
    """A provider cannot deliver; the message is one sentence for the user."""


class MisconfiguredError(ProviderError):
    """What was asked for cannot be right: it is for the user to change, and no retry helps."""


def provider_names() -> list[str]:
    """Return the names of all registered providers, sorted; nothing is imported."""
    return sorted({point.name for point in entry_points(group=ENTRY_POINT_GROUP)})


@dataclass(frozen=True)
class Progressed:
    """How far a provider is.

    Attributes:
        planned_count: Requests of the ledger to come in all.
        done_count: Those with an outcome.
        failed_count: Those of them that brought nothing because something was wrong.
        row_count: Bars and actions so far.
        retry_count: Requests made again so far.
        wait_seconds: Time spent waiting before them.
    """

    planned_count: int
    done_count: int
    failed_count: int
    row_count: int
    retry_count: int
    wait_seconds: float


def _nobody(_progressed: Progressed) -> None:
    pass


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ExtractRequest:
    """One run of one provider.

    Attributes:
        fetched_at: The instant of the run, aware UTC; every landed row carries it.
        is_landed: Tells whether a request with this fingerprint is already in ``staging.requests``.
        cache_dir: A directory the provider may keep downloads in.
        options: The provider's own options, e.g. ``{"config": Path("bars.yaml")}`` for ``files``.
        project_dir: The project's folder; relative paths among the options start there.
        settings: Where credentials and endpoints are looked up.
        coverage: What the ledger says this provider was asked already.
        holes: By our symbol and timeframe the ranges of bars to ask for, whatever the ledger says;
            without it what is wanted and not in the ledger.
        clock: Tells the instant, aware UTC, at which a single request is made.
        watch: Called as a long run gets on.
    """

    fetched_at: datetime
    is_landed: IsLanded
    cache_dir: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    project_dir: Path = Path()
    settings: Settings | None = None
    coverage: Coverage = field(default_factory=Coverage)
    holes: Mapping[tuple[str, str], Sequence[Range]] | None = None
    clock: Callable[[], datetime] = _now
    watch: Callable[[Progressed], None] = _nobody


@runtime_checkable
class Provider(Protocol):
    """A source of bars, registered under the entry point group ``barhouse.providers``."""

    @property
    def name(self) -> str:
        """The provider's name as it stands in every landed row, e.g. ``files``."""
        ...

    def batches(self, request: ExtractRequest) -> Iterator[Batch]:
        """Yield what there is to land, request by request.

        A provider yields its data batches and then, last of each request, one ``requests`` row
        with the outcome. A request whose fingerprint is already landed yields nothing.

        Args:
            request: What to fetch and when.

        Raises:
            ProviderError: Nothing more can be fetched; what was yielded before still lands.
        """
        ...
