"""Loads: how checked batches travel through dlt into schema ``staging``.

Arrow tables travel as parquet files and enter the database through ADBC's COPY. A load becomes
visible only when dlt writes its row in ``_dlt_loads``; whatever a killed run left behind is either
finished by the next run of the same provider or never seen.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from extract.landing import SCHEMAS, Batch, LandingError, LandingTable
from extract.providers import ProviderError
from extract.settings import set_default_environment

if TYPE_CHECKING:
    from dlt.common.schema.typing import TSchemaContractDict
    from dlt.pipeline.pipeline import Pipeline

DATASET = "staging"
_DLT_ENVIRONMENT = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "true",
    "LOAD__WORKERS": "4",
}

# `conform` is what keeps other columns out. dlt remembers a table as it first saw it: frozen, it
# would refuse the columns that a migration has added since.
_SCHEMA_CONTRACT: TSchemaContractDict = {
    "tables": "evolve",
    "columns": "evolve",
    "data_type": "freeze",
}

# dlt works a table's schema out anew for every batch it is given, and writes a row group for it.
_BATCH_ROWS = 20_000


class LoadError(RuntimeError):
    """The database did not take a load; the message is one sentence for the user."""


def pipeline_name(provider: str) -> str:
    """Return the name of a provider's pipeline, which is also its folder's.

    Args:
        provider: Its name.
    """
    return f"barhouse_{provider}"


def open_pipeline(provider: str, database_url: str, pipelines_dir: Path) -> Pipeline:
    """Return a provider's dlt pipeline into the warehouse.

    Args:
        provider: Its name.
        database_url: The warehouse, as role ``loader``.
        pipelines_dir: dlt's working folder of this warehouse.
    """
    # dlt takes a second to import; a run that has nothing to land does without it.
    import dlt

    from extract.copying import destination

    set_default_environment(_DLT_ENVIRONMENT)
    pipelines_dir.mkdir(parents=True, exist_ok=True)
    return dlt.pipeline(
        pipeline_name=pipeline_name(provider),
        pipelines_dir=str(pipelines_dir),
        destination=destination(database_url),
        dataset_name=DATASET,
    )


def run_load(pipeline: Pipeline, batches: Iterator[Batch]) -> list[str]:
    """Land batches as one load.

    Args:
        pipeline: Of :func:`open_pipeline`.
        batches: Batches of the landing contract, checked.

    Returns:
        dlt's ids of the loads that were completed.

    Raises:
        LandingError: A batch does not keep the contract; nothing of the load lands.
        ProviderError: Raised by ``batches``; nothing of the load lands.
        LoadError: The database did not take the load; a later run continues it.
    """
    return _run(pipeline, _source(batches))


def finish_load(pipeline: Pipeline) -> list[str]:
    """Complete what an interrupted run left behind, each file exactly once.

    Args:
        pipeline: Of :func:`open_pipeline`.

    Returns:
        dlt's ids of the loads that were completed.

    Raises:
        LoadError: The database did not take the load; a later run continues it.
    """
    _forget_what_is_normalized(pipeline)
    if not pipeline.has_pending_data:
        return []
    return _run(pipeline)


def _forget_what_is_normalized(pipeline: Pipeline) -> None:
    # dlt moves a normalized load into its place and then deletes what it was made from. Killed in
    # between, it would make it again and find the place taken, in every later run.
    ready = set(pipeline.list_normalized_load_packages())
    for load_id in ready.intersection(pipeline.list_extracted_load_packages()):
        shutil.rmtree(Path(pipeline.working_dir) / "normalize" / "extracted" / load_id)


def _source(batches: Iterator[Batch]) -> Any:
    import dlt

    @dlt.resource(name="landing", write_disposition="append", schema_contract="freeze")
    def landing() -> Iterator[Any]:
        for batch in _joined(batches):
            yield _item(batch)

    return landing


def _joined(batches: Iterator[Batch]) -> Iterator[Batch]:
    # A load is visible as a whole, so the order of its batches means nothing.
    waiting: dict[LandingTable, list[pa.Table]] = {}
    for batch in batches:
        tables = waiting.setdefault(batch.table, [])
        tables.append(batch.rows)
        if sum(table.num_rows for table in tables) >= _BATCH_ROWS:
            yield Batch(batch.table, pa.concat_tables(waiting.pop(batch.table)))
    for name, tables in waiting.items():
        yield Batch(name, pa.concat_tables(tables))


def _item(batch: Batch) -> Any:
    import dlt

    hints = dlt.mark.make_hints(
        table_name=batch.table,
        write_disposition="append",
        columns=_columns(batch.table),
        schema_contract=_SCHEMA_CONTRACT,
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
