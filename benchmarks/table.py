"""What was measured, as one markdown table, and beside it what must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from barhouse.errors import BarhouseError

BARHOUSE: Final = "Barhouse"
HEAD: Final = (
    "| what | rows | Barhouse s | rows/s | DuckDB s | ArcticDB s | other s | : best | bytes/row |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---|",
)
MUST_HEAD: Final = ("| must hold | goal | measured | met |", "|---|---:|---:|---|")


@dataclass(frozen=True)
class Row:
    """One thing that was measured.

    Attributes:
        what: In words.
        seconds: By contestant; ours under :data:`BARHOUSE`, and others that are no peers, such as
            ``COPY``.
        rows: How many bars were moved or answered.
        sizes: Bytes a row, by contestant.
    """

    what: str
    seconds: Mapping[str, float]
    rows: int | None = None
    sizes: Mapping[str, float] = field(default_factory=dict)

    @property
    def ours(self) -> float | None:
        """Our seconds; none where we take no part."""
        return self.seconds.get(BARHOUSE)

    @property
    def speed(self) -> float | None:
        """Our rows a second."""
        return self.rows / self.ours if self.rows and self.ours else None

    @property
    def best(self) -> float | None:
        """Seconds of the best other; none where there is none."""
        return min((s for name, s in self.seconds.items() if name != BARHOUSE), default=None)

    @property
    def ratio(self) -> float | None:
        """Our seconds by those of the best other."""
        return self.ours / self.best if self.ours and self.best else None

    def against(self, name: str) -> float | None:
        """Return our seconds by those of one other.

        Args:
            name: Such as ``ArcticDB``; None comes back where it took no part.
        """
        return self.ours / self.seconds[name] if self.ours and name in self.seconds else None

    def line(self) -> str:
        """Return it as a line of the table."""
        others = [
            f"{name} {shown(seconds)}"
            for name, seconds in self.seconds.items()
            if name not in (BARHOUSE, "DuckDB", "ArcticDB")
        ]
        cells = [
            self.what,
            f"{self.rows:,}" if self.rows else "",
            shown(self.ours),
            shown(self.speed),
            *(shown(self.seconds.get(name)) for name in ("DuckDB", "ArcticDB")),
            ", ".join(others),
            shown(self.ratio),
            ", ".join(f"{name} {size:,.1f}" for name, size in self.sizes.items()),
        ]
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True)
class Goal:
    """What must hold.

    Attributes:
        what: In words.
        limit: The figure that is just good enough.
        measured: What came out; none where it could not be measured.
        is_least: Whether more than the limit is good; else less is.
        unit: After the figures.
    """

    what: str
    limit: float
    measured: float | None
    is_least: bool = False
    unit: str = ""

    def line(self) -> str:
        """Return it as a line of the table."""
        sign = "≥" if self.is_least else "≤"
        goal = f"{sign} {shown(self.limit)}{self.unit}"
        if self.measured is None:
            return f"| {self.what} | {goal} | | not measured |"
        is_met = self.measured >= self.limit if self.is_least else self.measured <= self.limit
        met = "yes" if is_met else "**no**"
        return f"| {self.what} | {goal} | {shown(self.measured)}{self.unit} | {met} |"


def shown(figure: float | None) -> str:
    """Return a figure with three digits that count; nothing for none."""
    if figure is None:
        return ""
    if figure == 0 or figure >= 1000:
        return f"{figure:,.0f}"
    if figure >= 100:
        return f"{figure:.0f}"
    return f"{figure:.2f}" if figure >= 1 else f"{figure:.3g}"


def rendered(rows: Sequence[Row], goals: Sequence[Goal]) -> str:
    """Return both tables as markdown.

    Args:
        rows: What was measured, in the order of the run.
        goals: What must hold.
    """
    lines = [*HEAD, *(row.line() for row in rows), "", *MUST_HEAD, *(goal.line() for goal in goals)]
    return "\n".join(lines) + "\n"


def insist(what: str, seen: object, expected: object) -> None:
    """Refuse an answer that is not right, so that its time does not count.

    Args:
        what: Whose answer to which question.
        seen: It.
        expected: What the generator says.

    Raises:
        BarhouseError: They differ.
    """
    if seen != expected:
        raise BarhouseError(f"{what}: {seen}; expected {expected}.")
