"""Land one provider's data: what the command line and the flows have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import psycopg

from barhouse.database import Warehouse
from extract import pipelines
from extract.coverage import Range, discarded_requests, landed_coverage
from extract.locks import held
from extract.pipelines import LandingReport, LoadError, Progress
from extract.providers import ExtractRequest, Progressed
from extract.registry import load_provider
from extract.settings import Settings


def extract_provider(
    name: str,
    settings: Settings,
    warehouse: Warehouse,
    options: Mapping[str, Any],
    *,
    holes: Mapping[tuple[str, str], Sequence[Range]] | None = None,
    progress: Progress | None = None,
    watch: Callable[[Progressed], None] | None = None,
) -> LandingReport:
    """Fetch from one provider and land what is new.

    Args:
        name: The provider's registered name, e.g. ``files``.
        settings: The project.
        warehouse: The database.
        options: The provider's own options.
        holes: By our symbol and timeframe the ranges to ask for, whatever was asked before.
        progress: Called as rows are handed over.
        watch: Called as the requests of a provider with an API are answered.

    Returns:
        What landed.

    Raises:
        ProviderError: The provider is unknown or cannot deliver anything.
        LandingError: A batch does not keep the landing contract.
        LoadError: The database did not take the load, and a later run continues it; or another
            extract from this provider is running.
    """
    # Before any thread of dlt: it asks whether polars is there, which this brings with it, and a
    # module that is half imported is no answer.
    import_module("adbc_driver_postgresql.dbapi")
    provider = load_provider(name)
    loader_url = warehouse.url("loader")
    pipelines_dir = settings.pipelines_dir / warehouse.identity
    refusal = LoadError(
        f"Another extract of '{name}' is running; one at a time can. Wait for it to end."
    )
    discarded = discarded_requests(settings.project_dir)
    with held(pipelines_dir / f"{name}.lock", refusal):
        finished = pipelines.finish_pending(
            name, database_url=loader_url, pipelines_dir=pipelines_dir
        )
        request = ExtractRequest(
            fetched_at=datetime.now(UTC),
            is_landed=pipelines.landed_fingerprints(loader_url, name),
            cache_dir=settings.cache_dir,
            project_dir=settings.project_dir,
            options=options,
            settings=settings,
            coverage=landed_coverage(loader_url, name, discarded),
            holes=holes,
        )
        if watch is not None:
            request = replace(request, watch=watch)
        report = pipelines.land(
            provider,
            request,
            database_url=loader_url,
            pipelines_dir=pipelines_dir,
            progress=progress,
            checkpoint_rows=settings.checkpoint_rows,
        )
    if finished or report.load_ids:
        _refresh_statistics(warehouse)
    return replace(report, load_ids=[*finished, *report.load_ids])


def _refresh_statistics(warehouse: Warehouse) -> None:
    # The embedded database has no autovacuum, and a planner without statistics reads everything.
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        connection.execute("analyze staging.raw_bars, staging._dlt_loads")
