"""dlt's destination for Postgres, with parquet files copied as a stream.

dlt reads a whole file into memory and copies it from there. Here one COPY takes a file batch by
batch, so that memory does not depend on the size of a load. This module imports dlt's destination;
whoever wants to start fast imports it late.
"""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from dlt.destinations import postgres
from dlt.destinations.impl.postgres.postgres import PostgresClient, PostgresParquetCopyJob

_BATCH_ROWS: Final = 10_000


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


class _CopyJob(PostgresParquetCopyJob):
    def run(self) -> None:
        with (
            pq.ParquetFile(self._file_path, pre_buffer=False) as file,
            self._connect() as connection,
            connection.cursor() as cursor,
        ):
            batches = file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False)
            rows = pa.RecordBatchReader.from_batches(file.schema_arrow, batches)
            _catalog, schema = self._set_catalog_and_schema()
            cursor.adbc_ingest(self.load_table_name, rows, mode="append", db_schema_name=schema)
            connection.commit()
