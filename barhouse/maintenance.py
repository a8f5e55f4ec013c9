"""What keeps a warehouse small: chunks are compressed, and dropped once the lake holds them.

On a server TimescaleDB compresses by itself. Where no background workers run, as in the embedded
database, this does it; retention is done here everywhere, because only here the lake is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from barhouse import transform
from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.lake.datasets import DATASETS
from barhouse.lake.retention import Chunk, NotProvenError, drop_chunk
from barhouse.policies import Policies, load_policies
from extract.locks import held
from extract.settings import Settings

#: Aggregates whose source has changed since they were refreshed.
_STALE: Final = """
select aggregates.user_view_schema || '.' || aggregates.user_view_name
from _timescaledb_catalog.continuous_agg as aggregates
inner join _timescaledb_catalog.hypertable as sources
    on aggregates.raw_hypertable_id = sources.id
left join _timescaledb_catalog.continuous_agg as parents
    on aggregates.raw_hypertable_id = parents.mat_hypertable_id
left join ops.aggregate_states as states
    on states.relation_name = aggregates.user_view_schema || '.' || aggregates.user_view_name
where exists (
    select from ops.changed_ranges as changed
    where
        changed.relation_name = coalesce(
            parents.user_view_schema || '.' || parents.user_view_name,
            sources.schema_name || '.' || sources.table_name
        )
        and changed.range_id > coalesce(states.last_range_id, 0)
)
"""
#: Chunks of a hypertable or of an aggregate's that are old enough and not, or only in part,
#: compressed. 8: some rows of it are not; compression_state 1: a build has made it a columnstore.
_COMPRESSIBLE: Final = """
select chunks.chunk_schema || '.' || chunks.chunk_name
from timescaledb_information.chunks as chunks
inner join _timescaledb_catalog.chunk as stored
    on chunks.chunk_schema = stored.schema_name and chunks.chunk_name = stored.table_name
inner join _timescaledb_catalog.hypertable as tables on stored.hypertable_id = tables.id
left join _timescaledb_catalog.continuous_agg as aggregates
    on tables.id = aggregates.mat_hypertable_id
where
    coalesce(aggregates.user_view_schema, tables.schema_name) = 'core'
    and coalesce(aggregates.user_view_name, tables.table_name) = %s
    and tables.compression_state = 1
    and chunks.range_end <= now() - %s::interval
    and (not chunks.is_compressed or stored.status & 8 <> 0)
order by chunks.range_start
"""
_DUE: Final = """
select range_start, range_end
from timescaledb_information.chunks
where
    hypertable_schema = 'core' and hypertable_name = %s
    and range_end <= now() - %s::interval
    and chunk_creation_time <= now() - %s::interval
order by range_start
"""


@dataclass
class MaintenanceReport:
    """What was done.

    Attributes:
        refreshed: Aggregates that were behind.
        compressed: Chunks compressed.
        dropped: Chunks dropped.
        rows_dropped: Rows of those chunks.
        kept: Why a chunk that is old enough stays, one sentence each.
    """

    refreshed: list[str] = field(default_factory=list)
    compressed: int = 0
    dropped: int = 0
    rows_dropped: int = 0
    kept: list[str] = field(default_factory=list)


def maintain(
    settings: Settings,
    warehouse: Warehouse,
    lake_dir: Path,
    progress: Callable[[str], None] | None = None,
) -> MaintenanceReport:
    """Refresh what is behind, compress what is old, drop what the lake holds for good.

    Args:
        settings: The project; its ``dbt_project.yml`` has the policies.
        warehouse: The database.
        lake_dir: The lake.
        progress: Told what was done to each chunk.

    Returns:
        What was done.

    Raises:
        BarhouseError: A policy cannot be used, nothing is built yet, or a build is running.
    """
    policies = load_policies(settings)
    report = MaintenanceReport()
    tell = progress or (lambda _: None)
    url = warehouse.url("transformer")
    with psycopg.connect(url, autocommit=True) as connection:
        if _value(connection, "select to_regclass('core.bars_1m')") is None:
            raise BarhouseError("Nothing is built yet; run `barhouse build` first.")
        report.refreshed = [str(name) for (name,) in connection.execute(_STALE.encode())]
    if report.refreshed:
        transform.refresh_aggregates(settings, warehouse)
    refusal = BarhouseError("A build of this warehouse is running; wait for it to end.")
    with (
        held(transform.build_lock(settings), refusal),
        psycopg.connect(url, autocommit=True) as connection,
    ):
        connection.execute("set timezone = 'UTC'")
        _compress(connection, policies, report, tell)
        due = _due(connection, policies)
        stale = [str(name) for (name,) in connection.execute(_STALE.encode())]
        if due and stale:
            report.kept.append(
                f"{len(due)} chunks stay: {', '.join(stale)} cannot be refreshed; run "
                "`barhouse build`."
            )
        else:
            _drop(url, lake_dir, due, report, tell)
    return report


def describe(report: MaintenanceReport) -> str:
    """Return in one line what was done.

    Args:
        report: What :func:`maintain` returned.
    """
    return (
        f"{len(report.refreshed)} aggregates refreshed, {report.compressed} chunks compressed, "
        f"{report.dropped} dropped ({report.rows_dropped:,} rows, all in the lake), "
        f"{len(report.kept)} kept that are old enough to go"
    )


def _compress(
    connection: psycopg.Connection,
    policies: Policies,
    report: MaintenanceReport,
    tell: Callable[[str], None],
) -> None:
    for name, age in policies.compress_after.items():
        for (chunk,) in connection.execute(_COMPRESSIBLE.encode(), (name, age)).fetchall():
            connection.execute("select compress_chunk(%s::regclass, true)", (chunk,))
            report.compressed += 1
            tell(f"compressed {chunk} of core.{name}")


def _due(connection: psycopg.Connection, policies: Policies) -> list[Chunk]:
    holders = {dataset.table: dataset for dataset in DATASETS if dataset.table}
    return [
        Chunk(holders[f"core.{name}"], start, end)
        for name, age in policies.retention.items()
        for start, end in connection.execute(
            _DUE.encode(), (name, age, policies.retention_grace)
        ).fetchall()
    ]


def _drop(
    url: str,
    lake_dir: Path,
    due: list[Chunk],
    report: MaintenanceReport,
    tell: Callable[[str], None],
) -> None:
    for chunk in due:
        try:
            rows = drop_chunk(url, lake_dir, chunk)
        except NotProvenError as error:
            report.kept.append(str(error))
            continue
        report.dropped += 1
        report.rows_dropped += rows
        tell(f"dropped {chunk}: its {rows} rows are in the lake")


def _value(connection: psycopg.Connection, query: str, *given: object) -> object:
    found = connection.execute(query.encode(), given or None).fetchone()
    return found[0] if found else None
