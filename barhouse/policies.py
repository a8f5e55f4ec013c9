"""What ``dbt_project.yml`` says about the life of chunks: when compressed, when dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import yaml

from barhouse.errors import BarhouseError
from extract.settings import Settings

#: The hypertables of core.
HYPERTABLES: Final = ("bars_1m", "bars_intraday", "bars_1d")
#: Hypertables and aggregates that are compressed, and those of them whose old bars may leave the
#: database: days may not, since dividends are measured by them.
COMPRESSIBLE: Final = (*HYPERTABLES, "rollup_5m", "rollup_15m")
DROPPABLE: Final = ("bars_1m", "bars_intraday")

_SPAN: Final = re.compile(r"[1-9][0-9]{0,4} (hour|day|week|month|year)s?")
_GRACE: Final = "7 days"


@dataclass(frozen=True)
class Policies:
    """How long chunks stay as they are.

    Attributes:
        compress_after: By hypertable or aggregate, the age from which a chunk is compressed.
        retention: By hypertable, the age from which a chunk may be dropped.
        retention_grace: How long a chunk stays after it was made, however old its bars: what was
            just restored or loaded is not dropped again.
    """

    compress_after: dict[str, str]
    retention: dict[str, str]
    retention_grace: str


def load_policies(settings: Settings) -> Policies:
    """Read the policies.

    Args:
        settings: The project.

    Raises:
        BarhouseError: A variable cannot be used; the message names it.
    """
    content = yaml.safe_load((settings.project_dir / "dbt_project.yml").read_text("utf-8"))
    given = (content or {}).get("vars") or {}
    return Policies(
        _spans(given, "compress_after", COMPRESSIBLE),
        _spans(given, "retention", DROPPABLE),
        _span("retention_grace", given.get("retention_grace", _GRACE)),
    )


def _spans(given: dict[str, Any], name: str, known: tuple[str, ...]) -> dict[str, str]:
    found = given.get(name) or {}
    if not isinstance(found, dict) or set(found) - set(known):
        odd = ", ".join(sorted(set(found) - set(known))) if isinstance(found, dict) else str(found)
        raise BarhouseError(
            f"The variable {name} of dbt_project.yml names {odd}; expected a mapping with some of "
            f"{', '.join(known)}."
        )
    return {table: _span(f"{name}.{table}", span) for table, span in found.items()}


def _span(name: str, value: object) -> str:
    if isinstance(value, str) and (value == "0 days" or _SPAN.fullmatch(value)):
        return value
    raise BarhouseError(
        f"The variable {name} of dbt_project.yml is '{value}'; expected a whole number of hours, "
        "days, weeks, months or years, such as 90 days."
    )
