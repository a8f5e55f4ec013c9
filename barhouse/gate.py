"""Why the gate stopped a build, in a sentence: read from the bars that it kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import psycopg

#: How dbt's ids of the gate's test begin.
GATE_TEST: Final = "test.barhouse.share_of_violations_is_bounded"
_TOGETHER = "together"
_QUERY = (
    "select measured, violation_count, bar_count, max_share, rule, count(*)"
    " from quality.gate_failures group by 1, 2, 3, 4, 5 order by 1, count(*) desc, rule"
)


def read_gate(database_url: str) -> str | None:
    """Say what the gate found when it last stopped a build.

    Args:
        database_url: The warehouse, as a role that may read ``quality``.

    Returns:
        Two sentences; ``None`` when the bars cannot be read.
    """
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            found = connection.execute(_QUERY.encode()).fetchall()
    except psycopg.Error:
        return None
    return describe_gate(found) if found else None


def describe_gate(found: Iterable[tuple[str, int, int, float, str, int]]) -> str:
    """Say what the gate found.

    Args:
        found: Per rule over its threshold how it was measured (``together`` or alone, by its
            name), how many bars were over, of how many pending ones, the share that may, its name,
            and how many bars break it.
    """
    groups: dict[tuple[str, int, int, float], list[tuple[str, int]]] = defaultdict(list)
    for measured, violations, bars, share, rule, count in found:
        groups[measured, violations, bars, share].append((rule, count))
    clauses = [
        f"{violations:,} of {bars:,} pending bars ({100 * violations / bars:.1f} %) break "
        f"{_rules(rules)}, and at most {100 * float(share):g} % may "
        f"({'max_violation_share' if measured == _TOGETHER else f'max_share of {measured}'})"
        for (measured, violations, bars, share), rules in groups.items()
    ]
    return (
        f"The gate stopped the build (share_of_violations_is_bounded): {'; '.join(clauses)}. "
        "Nothing was published; the bars are in quality.gate_failures, their days in "
        "quality.quarantine. Correct the source and land it again, or see docs/operations.md."
    )


def _rules(rules: list[tuple[str, int]]) -> str:
    if len(rules) == 1:
        return rules[0][0]
    return "hard rules (" + ", ".join(f"{rule} {count:,}" for rule, count in rules) + ")"
