"""Which partitions a user means."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import psycopg

from barhouse.lake.archive import release
from barhouse.lake.datasets import DATASETS, LANDED, Dataset, dataset_named
from barhouse.lake.errors import LakeError
from barhouse.lake.listing import partition_folders
from barhouse.lake.partitions import AnyPartition, Partition

Chosen = tuple[Dataset, AnyPartition]


def chosen(lake_dir: Path, names: Sequence[str], *, restorable: bool = True) -> list[Chosen]:
    """Return the partitions of these names.

    Args:
        lake_dir: The lake.
        names: Such as ``bars_1m/date=2018-01-20``, or ``bars_1m`` for all of it.
        restorable: Whether the dataset must have a table to go back to.

    Returns:
        Each once, in the order named; those of a dataset by name.

    Raises:
        LakeError: A name is unknown; the message says which come near.
    """
    found: dict[Chosen, None] = {}
    for name in names:
        head, _, rest = name.strip("/").partition("/")
        dataset = dataset_named(head)
        if dataset is None:
            known = [o.name for o in (*DATASETS, LANDED) if o.table or not restorable]
            raise LakeError(f"'{name[:60]}' is no dataset of the lake; {_near(head, known)}.")
        if dataset.table is None and restorable:
            known = [one.name for one in (*DATASETS, LANDED) if one.table]
            raise LakeError(
                f"{dataset.name} is built from other tables and not restored itself; restore "
                f"{' or '.join(known)}, then run `barhouse build`."
            )
        there = {p.name: p for p in partition_folders(lake_dir / dataset.name)}
        if rest and rest not in there:
            raise LakeError(
                f"{dataset.name}/{rest[:60]} is not in the lake {lake_dir}; "
                f"{_near(rest, list(there))}."
            )
        if not there:
            raise LakeError(f"{dataset.name} has no partition in the lake {lake_dir}.")
        found |= {(dataset, there[one]): None for one in ([rest] if rest else there)}
    return list(found)


def archived_in(database_url: str) -> list[Chosen]:
    """Return the partitions that retention dropped from this database.

    Args:
        database_url: In a role that may read ``ops``.
    """
    holders = {dataset.table: dataset for dataset in DATASETS if dataset.table}
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute(
            "select relation_name, range_start_at::date from ops.archived_ranges order by 1, 2"
        ).fetchall()
    return [
        (holders[name], Partition(holders[name].grain, start))
        for name, start in rows
        if name in holders
    ]


def release_named(lake_dir: Path, names: Sequence[str]) -> int:
    """Give archived partitions back to the exports.

    Args:
        lake_dir: The lake.
        names: Such as ``bars_1m/date=2018-01-20``.

    Returns:
        How many.

    Raises:
        LakeError: A name is unknown.
    """
    wanted = chosen(lake_dir, names, restorable=False)
    for dataset, partition in wanted:
        release(lake_dir, dataset.name, [partition])
    return len(wanted)


def _near(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6) or list(known[:3])
    return f"near are {', '.join(near)}" if near else "there is none at all"
