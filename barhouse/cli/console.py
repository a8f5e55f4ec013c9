"""How commands talk: results to standard output, progress and errors to standard error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from rich.console import Console
from rich.table import Table

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as a table.

    Args:
        title: Heading; empty for none.
        columns: Column names.
        rows: Values; numbers are set to the right.
    """
    content = [list(row) for row in rows]
    grid = Table(title=title or None, title_justify="left", header_style="bold")
    for place, name in enumerate(columns):
        numeric = any(isinstance(row[place], int | float | Decimal) for row in content)
        grid.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in content:
        grid.add_row(*(text_of(value) for value in row))
    out.print(grid)


def text_of(value: object) -> str:
    """Return a value as people read it: nothing for null, decimals without trailing zeros.

    Args:
        value: Any value a query may return.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value.is_finite() else str(value)
    return str(value).replace("[", r"\[")
