"""What the lake holds, by dataset."""

from __future__ import annotations

from itertools import groupby

from barhouse.lake import ls, open_lake
from barhouse.lake.errors import LakeError
from barhouse.report.contents import Listing, Row
from extract.settings import Settings


def lake_listing(settings: Settings) -> Listing:
    """Sum up the manifests of the lake.

    Args:
        settings: The project.

    Returns:
        One row per dataset: partitions, rows, bytes, archived partitions, first and last
        partition and the newest export; a lake that cannot be read is a sentence.
    """
    try:
        manifests = ls(open_lake(settings))
    except LakeError as error:
        return Listing(instead=f"The lake cannot be read: {error}")
    rows: list[Row] = []
    for dataset, group in groupby(manifests, key=lambda one: one.dataset):
        found = list(group)
        rows.append(
            {
                "dataset": dataset,
                "partition_count": len(found),
                "row_count": sum(one.rows for one in found),
                "size_bytes": sum(one.bytes for one in found),
                "archived_count": sum(one.archived_at is not None for one in found),
                "first": found[0].partition,
                "last": found[-1].partition,
                "exported_at": max(one.exported_at for one in found)[:16].replace("T", " "),
            }
        )
    return Listing(rows, len(rows), "" if rows else "The lake is empty; run `barhouse export`.")
