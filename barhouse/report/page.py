"""From what stands in a report to its page."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any, Final

from barhouse.drawing import Svg
from barhouse.drawing.heat import CLASS_NAMES
from barhouse.drawing.scales import plain
from barhouse.report.contents import Contents
from barhouse.report.days import percent

_UNITS: Final = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))
_SPANS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def rendered(contents: Contents) -> str:
    """Return the page: HTML that asks for nothing, and runs no script but its own.

    Args:
        contents: From :func:`barhouse.report.gather`; every text in it is escaped.
    """
    # Imported here: only the report needs it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("barhouse.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        count=_count, bytes=size, price=_price, moment=_moment, percent=percent, span=_span,
        change=_change,
    )  # fmt: skip
    script = _asset("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return templates.get_template("report.html.jinja").render(
        report=contents,
        style=Svg(_asset("report.css")),
        script=Svg(script),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'",
        class_names=CLASS_NAMES,
    )


def _asset(name: str) -> str:
    return (files("barhouse.report") / "templates" / name).read_text(encoding="utf-8")


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,}"


def size(value: int | None) -> str:
    """Return a size as people read it.

    Args:
        value: Bytes; none where it is not known.
    """
    if value is None:
        return ""
    for unit, letters in _UNITS:
        if value >= unit:
            return (
                f"{value / unit:.3g} {letters}"
                if value < 1000 * unit
                else f"{value // unit:,} {letters}"
            )
    return f"{value} B"


def _price(value: float | Decimal | None) -> str:
    return "" if value is None else plain(float(value))


def _moment(value: datetime | date | None) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)


def _span(value: timedelta | float | None) -> str:
    if value is None:
        return ""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    for unit, letters in _SPANS:
        if abs(seconds) >= unit:
            return f"{seconds / unit:.3g} {letters}"
    return f"{seconds:.0f} s"


def _change(value: Any) -> str:
    return "" if value is None else f"{float(value):.2%}"
