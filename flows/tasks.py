"""Tasks: thin and safe to repeat, one per step and source."""

from __future__ import annotations

from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task, exponential_backoff

from barhouse.database import open_warehouse
from barhouse.exporting import describe_export, export_lake, lay_out
from barhouse.lake import ExportReport
from barhouse.landing import extract_provider
from barhouse.opening import ready_warehouse
from barhouse.progress import RowProgress
from barhouse.sources_config import SourceEntry
from barhouse.transform import BuildReport, build, prove
from extract.landing import LandingError
from extract.pipelines import LandingReport
from extract.providers import MisconfiguredError
from extract.settings import Settings
from flows.summary import describe_failures


def _is_worth_a_retry(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    # What breaks the landing contract, or was asked for wrongly, will fail again; the network may
    # come back.
    failure = state.result(raise_on_failure=False)
    return not isinstance(failure, LandingError | MisconfiguredError)


@task(
    name="open-warehouse",
    description="Start the embedded database if it is the one in use, and bring it up to date.",
    cache_policy=NO_CACHE,
)
def open_database(settings: Settings) -> None:
    """Make sure that the database answers and has the schema of this version."""
    warehouse = ready_warehouse(settings)
    kind = (
        "embedded TimescaleDB" if warehouse.is_embedded else "TimescaleDB of BARHOUSE_DATABASE_URL"
    )
    get_run_logger().info("using the %s", kind)


@task(
    name="extract",
    task_run_name="extract-{entry.provider}",
    description="Land what one source has that is not landed yet.",
    retries=3,
    retry_delay_seconds=exponential_backoff(backoff_factor=2),
    retry_jitter_factor=0.5,
    retry_condition_fn=_is_worth_a_retry,
    cache_policy=NO_CACHE,
)
def extract_source(entry: SourceEntry, settings: Settings) -> LandingReport:
    """Land one configured source."""
    logger = get_run_logger()
    warehouse = open_warehouse(settings)
    progress = RowProgress(entry.provider, logger.info)
    report = extract_provider(entry.provider, settings, warehouse, entry.options, progress=progress)
    rows = sum(outcome.row_count for outcome in report.outcomes)
    logger.info("%s: %s rows from %s requests", entry.provider, rows, len(report.outcomes))
    for problem in describe_failures(report):
        logger.warning("%s", problem)
    return report


@task(
    name="dbt-build",
    description="Build the warehouse; its tests are the gates.",
    cache_policy=NO_CACHE,
)
def build_warehouse(settings: Settings) -> BuildReport:
    """Run ``dbt build`` and report what it did."""
    report = build(settings, open_warehouse(settings))
    get_run_logger().info("dbt build: %s in %.1f s", dict(report.counts), report.seconds)
    return report


@task(
    name="prove",
    description="Compute samples of what is published by another way and compare.",
    cache_policy=NO_CACHE,
)
def prove_numbers(settings: Settings) -> BuildReport:
    """Run the proofs and report what they found."""
    report = prove(settings, open_warehouse(settings))
    get_run_logger().info("proofs: %s in %.1f s", dict(report.counts), report.seconds)
    return report


@task(
    name="export-lake",
    description="Write the marts that changed to Parquet.",
    cache_policy=NO_CACHE,
)
def export_marts(settings: Settings) -> ExportReport:
    """Export the marts to the lake."""
    report = export_lake(settings, open_warehouse(settings))
    get_run_logger().info("export: %s", describe_export(report))
    return report


@task(
    name="shelve",
    description="Lay out the bars that changed for the API of this machine.",
    cache_policy=NO_CACHE,
)
def shelve_bars(settings: Settings) -> None:
    """Lay bars out on the shelf."""
    logger = get_run_logger()
    done = lay_out(settings, open_warehouse(settings), logger.debug)
    logger.info("shelf: %s", done)
