"""How commands talk: results to standard output, progress and errors to standard error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

_ANY_WIDTH = 100_000

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


#: An option of commands that list something.
AsJson = Annotated[bool, typer.Option("--json", help="JSON, for scripts: one array of objects.")]


def listed(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as a JSON array of objects.

    Args:
        columns: Their keys, spaces become underscores.
        rows: Values; times and decimals are written as text.
    """
    names = [name.replace(" ", "_") for name in columns]
    told = [dict(zip(names, row, strict=True)) for row in rows]
    typer.echo(json.dumps(told, default=str, indent=2))


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


def result(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print the rows of a query: as a table where it fits, else one value per line.

    Args:
        columns: Column names.
        rows: Values; nothing is cut or wrapped.
    """
    texts = [[text_of(value) for value in row] for row in rows]
    grid = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        numeric = any(isinstance(row[place], int | float | Decimal) for row in rows)
        grid.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in texts:
        grid.add_row(*row)
    needed = Measurement.get(out, out.options.update(width=_ANY_WIDTH), grid).maximum
    if out.is_terminal and needed > out.width and rows:
        _records(columns, texts)
    else:
        # A pipe or a file takes any width.
        Console(width=max(needed, out.width), highlight=False).print(grid)


def _records(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    width = max(len(name) for name in columns)
    for number, row in enumerate(rows, start=1):
        out.print(f"-- row {number}", style="dim")
        for name, value in zip(columns, row, strict=True):
            out.print(f"{name:<{width}}  {value}")


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
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value).replace("[", r"\[")
