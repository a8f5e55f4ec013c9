"""The Parquet lake: an exact, verified copy of the marts that any Parquet reader can open."""

from barhouse.lake.archive import archive, release
from barhouse.lake.choice import release_named
from barhouse.lake.datasets import DATASETS, Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.export import export, export_landed
from barhouse.lake.listing import ls
from barhouse.lake.manifest import Manifest
from barhouse.lake.partitions import Grain, Partition
from barhouse.lake.place import open_lake
from barhouse.lake.report import Action, ExportReport, Step
from barhouse.lake.verify import Kind, Problem, verify

__all__ = [
    "DATASETS",
    "Action",
    "Dataset",
    "ExportReport",
    "Grain",
    "Kind",
    "LakeError",
    "Manifest",
    "Partition",
    "Problem",
    "Step",
    "archive",
    "export",
    "export_landed",
    "ls",
    "open_lake",
    "release",
    "release_named",
    "verify",
]
