"""Time formats: one text read slowly and exactly, whole columns rewritten to ISO."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from extract.sources._files.chunks import shown

_TOO_FINE: Final = re.compile(r"\.[0-9]{6}[0-9]*[1-9]")
_ISO_LIKE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?", re.ASCII | re.DOTALL)
_DIRECTIVES: Final = {
    "%Y": ("Y", r"([0-9]{4})"),
    "%m": ("m", r"([0-9]{2})"),
    "%d": ("d", r"([0-9]{2})"),
    "%H": ("H", r"([0-9]{2})"),
    "%M": ("M", r"([0-9]{2})"),
    "%S": ("S", r"([0-9]{2})"),
    "%f": ("f", r"([0-9]{1,6})"),
    "%z": ("z", r"(Z|[+-][0-9]{2}:?[0-9]{2})"),
}


def read_slowly(text: str | None, time_format: str) -> datetime | str:
    """Read one text by the standard library, or say in one sentence why it cannot be read.

    Args:
        text: A time as written; ``None`` or blank is a missing one.
        time_format: ``iso`` or a strptime format.
    """
    stripped = (text or "").strip()
    if not stripped:
        return "The time is missing."
    try:
        if time_format != "iso":
            return datetime.strptime(stripped, time_format)  # noqa: DTZ007
        if _TOO_FINE.search(stripped):
            return f"{shown(stripped)} is finer than a microsecond."
        if _ISO_LIKE.fullmatch(stripped):
            return datetime.fromisoformat(stripped)
    except ValueError:
        pass
    if time_format != "iso":
        return f"{shown(stripped)} does not match the time_format {time_format}."
    return f"{shown(stripped)} is not an ISO time; expected e.g. 2024-01-31T09:30:00+00:00."


def iso_rewriter(time_format: str) -> Callable[[pa.StringArray], pa.StringArray] | None:
    """Turn a strptime format of fixed digits into a rewriting of whole columns to ISO.

    Args:
        time_format: E.g. ``%d.%m.%Y %H:%M:%S.%f``.

    Returns:
        A function whose result is null where a text does not match, or ``None`` when the format
        has other parts and its texts must be read one by one.
    """
    parts = re.split(r"(%.)", time_format)
    groups: dict[str, int] = {}
    regex = ""
    for part in parts:
        if part in _DIRECTIVES:
            name, expression = _DIRECTIVES[part]
            if name in groups:
                return None
            groups[name] = len(groups) + 1
            regex += expression
        elif part.startswith("%"):
            return None
        else:
            regex += re.escape(part)
    clock = [name for name in "HMSf" if name in groups]
    if not set("Ymd") <= set(groups) or "HMSf"[: len(clock)] != "".join(clock) or clock == ["H"]:
        return None
    ref = {name: f"\\{number}" for name, number in groups.items()}
    iso = f"{ref['Y']}-{ref['m']}-{ref['d']}"
    if clock:
        iso += "T" + ":".join(ref[name] for name in clock if name != "f")
        iso += f".{ref['f']}" if "f" in ref else ""
    iso += ref.get("z", "")

    def rewrite(texts: pa.StringArray) -> pa.StringArray:
        anchored = f"^{regex}$"
        matching = pc.match_substring_regex(texts, anchored)
        rewritten = pc.replace_substring_regex(texts, anchored, iso)
        return pc.if_else(matching, rewritten, pa.scalar(None, pa.string()))

    return rewrite
