"""The dlt pipeline: batches of the landing contract into schema ``staging``.

Arrow tables travel as parquet files and enter the database through ADBC's COPY. A load becomes
visible only when dlt writes its row in ``_dlt_loads``; whatever a killed run left behind is either
finished by the next run of the same provider or never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from extract.landing import SCHEMAS, Batch, LandingError, LandingTable, conform
from extract.providers import ExtractRequest, IsLanded, Provider, ProviderError
from extract.settings import set_default_environment

if TYPE_CHECKING:
    from dlt.pipeline.pipeline import Pipeline

DATASET = "staging"
_DLT_ENVIRONMENT = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
    "LOAD__WORKERS": "4",
}

#: Called with a table name and the number of rows just handed over.
Progress = Callable[[str, int], None]


class LoadError(RuntimeError):
    """The database did not take a load; the message is one sentence for the user."""


@dataclass(frozen=True)
class RequestOutcome:
    """What became of one request of a provider: the row in ``staging.requests``, in short."""

    source: str
    outcome: str
    row_count: int
    reject_count: int
    reason: str | None


@dataclass(frozen=True)
class LandingReport:
    """What one run of one provider landed.

    Attributes:
        provider: The provider's name.
        row_counts: Rows handed over, by landing table.
        outcomes: One entry per request.
        load_ids: dlt's ids of the loads that were completed.
    """

    provider: str
    row_counts: dict[str, int]
    outcomes: list[RequestOutcome]
    load_ids: list[str]

    @property
    def failed(self) -> list[RequestOutcome]:
        """The requests that delivered nothing because something was wrong."""
        return [outcome for outcome in self.outcomes if outcome.outcome == "failed"]


def landed_fingerprints(database_url: str) -> IsLanded:
    """Return a test for whether a request's fingerprint stands in a completed load.

    Args:
        database_url: The warehouse, as a role that may read ``staging``.
    """
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select distinct r.fingerprint from staging.requests as r"
            " inner join staging._dlt_loads as l on r._dlt_load_id = l.load_id and l.status = 0"
        ).fetchall()
    return frozenset(row[0] for row in rows).__contains__


def finish_pending(name: str, *, database_url: str, pipelines_dir: Path) -> list[str]:
    """Complete the load that an earlier, interrupted run of a provider left behind.

    Call it before :func:`landed_fingerprints`, so that what it completes is not fetched again.

    Args:
        name: The provider's name.
        database_url: The warehouse, as role ``loader``.
        pipelines_dir: dlt's working folder of this warehouse.

    Returns:
        dlt's ids of the loads that were completed.

    Raises:
        LoadError: The database did not take the load; a later run continues it.
    """
    if not (pipelines_dir / _pipeline_name(name)).is_dir():
        return []
    pipeline = _pipeline(name, database_url, pipelines_dir)
    return _run(pipeline) if pipeline.has_pending_data else []


def land(
    provider: Provider,
    request: ExtractRequest,
    *,
    database_url: str,
    pipelines_dir: Path,
    progress: Progress | None = None,
) -> LandingReport:
    """Fetch from one provider and land what it yields, as one load.

    Args:
        provider: Where the bars come from.
        request: What to fetch.
        database_url: The warehouse, as role ``loader``.
        pipelines_dir: dlt's working folder of this warehouse; keep it between runs.
        progress: Called as rows are handed over.

    Returns:
        What landed.

    Raises:
        LandingError: A batch does not keep the contract; nothing of the run lands.
        ProviderError: The provider cannot deliver.
        LoadError: The database did not take the load; a later run continues it.
    """
    counts: dict[str, int] = dict.fromkeys(SCHEMAS, 0)
    outcomes: list[RequestOutcome] = []

    def watched() -> Iterator[Batch]:
        for batch in provider.batches(request):
            checked = Batch(batch.table, conform(batch.table, batch.rows))
            counts[batch.table] += checked.rows.num_rows
            if batch.table == "requests":
                outcomes.extend(_outcomes(checked))
            if progress:
                progress(batch.table, checked.rows.num_rows)
            yield checked

    load_ids: list[str] = []
    batches = watched()
    first = next(batches, None)
    if first is not None:
        pipeline = _pipeline(provider.name, database_url, pipelines_dir)
        load_ids = _run(pipeline, _source(first, batches))
    return LandingReport(provider.name, counts, outcomes, load_ids)


def _pipeline_name(name: str) -> str:
    return f"barhouse_{name}"


def _pipeline(name: str, database_url: str, pipelines_dir: Path) -> Pipeline:
    # dlt takes a second to import; a run that has nothing to land does without it.
    import dlt
    from dlt.destinations import postgres

    set_default_environment(_DLT_ENVIRONMENT)
    pipelines_dir.mkdir(parents=True, exist_ok=True)
    return dlt.pipeline(
        pipeline_name=_pipeline_name(name),
        pipelines_dir=str(pipelines_dir),
        destination=postgres(database_url),
        dataset_name=DATASET,
    )


def _source(first: Batch, rest: Iterator[Batch]) -> Any:
    import dlt

    @dlt.resource(name="landing", write_disposition="append", schema_contract="freeze")
    def landing() -> Iterator[Any]:
        yield _item(first)
        for batch in rest:
            yield _item(batch)

    return landing


def _item(batch: Batch) -> Any:
    import dlt

    hints = dlt.mark.make_hints(
        table_name=batch.table,
        write_disposition="append",
        columns=_columns(batch.table),
        schema_contract={"tables": "evolve", "columns": "freeze", "data_type": "freeze"},
    )
    return dlt.mark.with_hints(batch.rows, hints, create_table_variant=True)


def _columns(table: LandingTable) -> Any:
    kinds: dict[str, dict[str, Any]] = {
        "string": {"data_type": "text"},
        "int64": {"data_type": "bigint"},
        "bool": {"data_type": "bool"},
        "date32[day]": {"data_type": "date"},
        "timestamp[us, tz=UTC]": {"data_type": "timestamp", "timezone": True, "precision": 6},
        "decimal128(38, 18)": {"data_type": "decimal", "precision": 38, "scale": 18},
    }
    # A dict of its own for every column: dlt changes the one it is given.
    return {
        field.name: {"name": field.name, "nullable": field.nullable, **kinds[str(field.type)]}
        for field in SCHEMAS[table]
    }


def _run(pipeline: Pipeline, source: Any = None) -> list[str]:
    from dlt.pipeline.exceptions import PipelineStepFailed

    try:
        info = pipeline.run(source, loader_file_format="parquet") if source else pipeline.run()
    except PipelineStepFailed as error:
        raise _plain(error) from error
    if info is None:
        return []
    info.raise_on_failed_jobs()
    return list(info.loads_ids)


def _plain(error: BaseException) -> Exception:
    # dlt wraps what a provider raises, and what the database says, in pages of its own text.
    cause: BaseException | None = error
    seen = []
    while cause is not None and cause not in seen:
        if isinstance(cause, LandingError | ProviderError):
            return cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    lines = [line.strip() for line in str(seen[-1]).splitlines() if line.strip()]
    said = lines[0] if lines else type(seen[-1]).__name__
    return LoadError(
        f"The load could not be completed ({said}); nothing of it is visible. "
        "Run the same command again to continue it."
    )


def _outcomes(batch: Batch) -> list[RequestOutcome]:
    names = ("source", "outcome", "row_count", "reject_count", "reason")
    return [RequestOutcome(**{name: row[name] for name in names}) for row in batch.rows.to_pylist()]
