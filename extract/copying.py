"""dlt's destination for Postgres, with parquet files copied as a stream, and once.

dlt reads a whole file into memory and copies it from there. Here one COPY takes a file batch by
batch, so that memory does not depend on the size of a load. What a try before has copied, or noted
as completed, is not copied or noted again, whatever became of that try. This module imports dlt's
destination; whoever wants to start fast imports it late.
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from dlt.destinations import postgres
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresParquetCopyJob
from psycopg import sql

_BATCH_ROWS: Final = 10_000
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended($1, 0)) is null"


def destination(database_url: str) -> StreamingPostgres:
    """Return the destination of all pipelines.

    Args:
        database_url: The warehouse, as role ``loader``.
    """
    return StreamingPostgres(database_url, destination_name="postgres")


class StreamingPostgres(postgres):
    """Postgres, as dlt knows it, with another client."""

    @property
    def client_class(self) -> type[PostgresClient]:
        """The client that makes our jobs."""
        return _Client


class _Client(PostgresClient):
    def create_load_job(
        self, table: Any, file_path: str, load_id: str, restore: bool = False
    ) -> Any:
        job = super().create_load_job(table, file_path, load_id, restore)
        return _CopyJob(file_path) if isinstance(job, PostgresParquetCopyJob) else job

    def complete_load(self, load_id: str) -> None:
        """Write the load's row in the ledger, unless a run that died next has written it."""
        table = self.sql_client.make_qualified_table_name(self.schema.loads_table_name)
        with self.sql_client.begin_transaction():
            # Waits for a try that the server has not given up yet.
            self.sql_client.execute_sql(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0)) is null",
                f"{table}/{load_id}",
            )
            found = self.sql_client.execute_sql(
                f"select 1 from {table} where load_id = %s",  # noqa: S608 - dlt's own table
                load_id,
            )
            if not found:
                super().complete_load(load_id)


class _CopyJob(PostgresParquetCopyJob):
    def run(self) -> None:
        with (
            pq.ParquetFile(self._file_path, pre_buffer=False) as file,
            self._connect() as connection,
            connection.cursor() as cursor,
        ):
            _catalog, schema = self._set_catalog_and_schema()
            if self._is_copied(cursor, schema):
                return
            batches = file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False)
            rows = pa.RecordBatchReader.from_batches(file.schema_arrow, batches)
            cursor.adbc_ingest(self.load_table_name, rows, mode="append", db_schema_name=schema)
            connection.commit()

    def _is_copied(self, cursor: Any, schema: str) -> bool:
        # Client or server can die after the commit and before we hear of it, and dlt tries again.
        # A load has one file for a table, and a file is one COPY: its rows are there all or not at
        # all. The lock waits for an earlier try that the server has not given up yet.
        cursor.execute(_LOCK, (f"{schema}.{self.load_table_name}/{self._load_id}",))
        found = sql.SQL("select exists (select from {} where _dlt_load_id = $1)")
        table = sql.Identifier(schema, self.load_table_name)
        cursor.execute(found.format(table).as_string(), (self._load_id,))
        return bool(cursor.fetchone()[0])
