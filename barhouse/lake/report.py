"""What an export did: one step per partition, and their sums."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What happened to a partition."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    ARCHIVED = "archived"


@dataclass(frozen=True)
class Step:
    """One partition that is dealt with.

    Attributes:
        dataset: Such as ``bars_1m``.
        partition: Such as ``date=2018-01-20``.
        action: What was done.
        rows: Rows it holds now; 0 when it was removed.
        bytes: Size of its data file now.
        number: Its place among the partitions of its dataset, from 1.
        total: How many partitions the dataset has to deal with.
    """

    dataset: str
    partition: str
    action: Action
    rows: int
    bytes: int
    number: int
    total: int


@dataclass(frozen=True)
class ExportReport:
    """What an export did.

    Attributes:
        steps: Every partition, in the order of work.
    """

    steps: tuple[Step, ...]

    def count(self, action: Action) -> int:
        """Return how many partitions had this action."""
        return sum(step.action is action for step in self.steps)

    @property
    def written(self) -> int:
        """Partitions that are new or changed."""
        return self.count(Action.WRITTEN)

    @property
    def unchanged(self) -> int:
        """Partitions that were left alone because their rows are the same."""
        return self.count(Action.UNCHANGED)

    @property
    def removed(self) -> int:
        """Partitions that the warehouse no longer has."""
        return self.count(Action.REMOVED)

    @property
    def archived(self) -> int:
        """Partitions that were left alone because the lake may hold the only copy."""
        return self.count(Action.ARCHIVED)

    @property
    def rows_written(self) -> int:
        """Rows of the written partitions."""
        return sum(step.rows for step in self.steps if step.action is Action.WRITTEN)

    @property
    def bytes_written(self) -> int:
        """Bytes of the written data files."""
        return sum(step.bytes for step in self.steps if step.action is Action.WRITTEN)

    @property
    def rows(self) -> int:
        """Rows of the exported datasets in the lake now."""
        return sum(step.rows for step in self.steps)

    @property
    def bytes(self) -> int:
        """Bytes of the exported datasets in the lake now."""
        return sum(step.bytes for step in self.steps)
