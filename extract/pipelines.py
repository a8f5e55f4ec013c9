"""Landing: the batches of one provider into schema ``staging``, checkpoint by checkpoint.

A run is cut into loads, always between two requests. What a load holds counts once the load is
complete; a run that is killed loses only what came after its last checkpoint, and the next one
asks for just that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import psycopg

from extract.landing import SCHEMAS, Batch, conform
from extract.loads import LoadError, finish_load, open_pipeline, pipeline_name, run_load
from extract.memory import give_memory_back, keep_memory_flat
from extract.providers import ExtractRequest, IsLanded, Provider, ProviderError
from extract.settings import CHECKPOINT_ROWS

__all__ = ["LandingReport", "LoadError", "RequestOutcome", "finish_pending", "land"]

#: A load is complete after so many seconds, or CHECKPOINT_ROWS, at the next end of a request.
CHECKPOINT_SECONDS = 60.0

#: Called with a table name and the number of rows just handed over.
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class RequestOutcome:
    """What became of one request of a provider: the row in ``staging.requests``, in short."""

    source: str
    outcome: str
    row_count: int
    reject_count: int
    reason: str | None
    symbol: str | None = None
    dataset: str | None = None
    timeframe: str | None = None
    retry_count: int | None = None
    wait_seconds: float | None = None

    @property
    def is_failure(self) -> bool:
        """Whether it delivered nothing because something was wrong."""
        return self.outcome not in ("rows", "empty")

    @property
    def is_configured(self) -> bool:
        """Whether it only noted which instrument a symbol means; nobody was asked."""
        return self.dataset == "assets" and self.symbol is not None


@dataclass(frozen=True)
class LandingReport:
    """What one run of one provider landed.

    Attributes:
        provider: The provider's name.
        row_counts: Rows handed over, by landing table.
        outcomes: One entry per request.
        load_ids: dlt's ids of the loads that were completed.
        error: What ended the run early, after something had landed.
    """

    provider: str
    row_counts: dict[str, int]
    outcomes: list[RequestOutcome]
    load_ids: list[str]
    error: ProviderError | None = None

    @property
    def failed(self) -> list[RequestOutcome]:
        """The requests that delivered nothing because something was wrong."""
        return [outcome for outcome in self.outcomes if outcome.is_failure]

    @property
    def exit_code(self) -> int:
        """0 when all requests were answered, 3 when some were, 1 when none was."""
        if not self.failed and self.error is None:
            return 0
        return 3 if any_answered(self.outcomes) else 1


def any_answered(outcomes: Sequence[RequestOutcome]) -> bool:
    """Tell whether anything that was asked for came; which symbols were meant does not count.

    Args:
        outcomes: Of one run.
    """
    return any(not outcome.is_failure for outcome in outcomes if not outcome.is_configured)


def landed_fingerprints(database_url: str, provider: str) -> IsLanded:
    """Return a test for whether a request's fingerprint stands in a completed load.

    Args:
        database_url: The warehouse, as a role that may read ``staging``.
        provider: Whose requests; those for bars by window are in the coverage instead.
    """
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select distinct r.fingerprint from staging.requests as r"
            " inner join staging._dlt_loads as l on r._dlt_load_id = l.load_id and l.status = 0"
            " where r.provider = %s and r.dataset is distinct from 'bars'",
            [provider],
        ).fetchall()
    return frozenset(row[0] for row in rows).__contains__


def finish_pending(name: str, *, database_url: str, pipelines_dir: Path) -> list[str]:
    """Complete the load that an earlier, interrupted run of a provider left behind.

    Call it before the ledger is read, so that what it completes is not fetched again.

    Args:
        name: The provider's name.
        database_url: The warehouse, as role ``loader``.
        pipelines_dir: dlt's working folder of this warehouse.

    Returns:
        dlt's ids of the loads that were completed.

    Raises:
        LoadError: The database did not take the load; a later run continues it.
    """
    if not (pipelines_dir / pipeline_name(name)).is_dir():
        return []
    return finish_load(open_pipeline(name, database_url, pipelines_dir))


def land(
    provider: Provider,
    request: ExtractRequest,
    *,
    database_url: str,
    pipelines_dir: Path,
    progress: Progress | None = None,
    checkpoint_rows: int = CHECKPOINT_ROWS,
) -> LandingReport:
    """Fetch from one provider and land what it yields.

    Args:
        provider: Where the bars come from.
        request: What to fetch.
        database_url: The warehouse, as role ``loader``.
        pipelines_dir: dlt's working folder of this warehouse; keep it between runs.
        progress: Called as rows are handed over.
        checkpoint_rows: Rows after which a load is completed.

    Returns:
        What landed; it tells an error that ended the run after some requests were answered.

    Raises:
        LandingError: A batch does not keep the contract; nothing since the last checkpoint lands.
        ProviderError: The provider cannot deliver anything.
        LoadError: The database did not take the load; a later run continues it.
    """
    keep_memory_flat()
    stream = _Stream(provider, request, progress)
    load_ids: list[str] = []
    pipeline = None
    try:
        while (first := next(stream.load(checkpoint_rows), None)) is not None:
            pipeline = pipeline or open_pipeline(provider.name, database_url, pipelines_dir)
            load_ids += run_load(pipeline, chain([first], stream.load(checkpoint_rows, first)))
            give_memory_back()
    finally:
        stream.close()
    if stream.error and not any_answered(stream.outcomes):
        raise stream.error
    return LandingReport(provider.name, stream.row_counts, stream.outcomes, load_ids, stream.error)


@dataclass
class _Stream:
    """The batches of one run, checked and counted, cut into loads."""

    provider: Provider
    request: ExtractRequest
    progress: Progress | None
    row_counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SCHEMAS, 0))
    outcomes: list[RequestOutcome] = field(default_factory=list)
    error: ProviderError | None = None

    def __post_init__(self) -> None:
        self._batches = iter(self.provider.batches(self.request))

    def load(self, checkpoint_rows: int, first: Batch | None = None) -> Iterator[Batch]:
        """Yield batches up to the next checkpoint.

        Args:
            checkpoint_rows: Rows after which a load ends.
            first: A batch of this load that was taken already.
        """
        began = time.monotonic()
        rows, is_between = 0, True
        if first is not None:
            rows, is_between = first.rows.num_rows, first.table == "requests"
        while True:
            if is_between and (
                rows >= checkpoint_rows or time.monotonic() - began >= CHECKPOINT_SECONDS
            ):
                return
            try:
                batch = next(self._batches, None)
            except ProviderError as error:
                if not is_between:  # part of a request must not land without its ledger row
                    raise
                self.error = error
                return
            if batch is None:
                return
            rows += batch.rows.num_rows
            is_between = batch.table == "requests"
            yield self._checked(batch)

    def close(self) -> None:
        """End the provider's run, if it has not ended by itself."""
        close = getattr(self._batches, "close", None)
        if close is not None:
            close()

    def _checked(self, batch: Batch) -> Batch:
        checked = Batch(batch.table, conform(batch.table, batch.rows))
        self.row_counts[batch.table] += checked.rows.num_rows
        if batch.table == "requests":
            self.outcomes.extend(_outcomes(checked))
        if self.progress:
            self.progress(batch.table, checked.rows.num_rows)
        return checked


def _outcomes(batch: Batch) -> list[RequestOutcome]:
    names = RequestOutcome.__dataclass_fields__
    return [RequestOutcome(**{name: row[name] for name in names}) for row in batch.rows.to_pylist()]
