"""A build leaves alone what is defined as it was, and what nothing changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from house_kit import House

ON_DAYS = {
    *("bars_1d", "bars", "bars_1d_split_adjusted", "bars_1d_adjusted", "bars_1w", "bars_1mo"),
    *("latest_bars", "returns_1d", "indicators_1d", "adjustment_proof"),
}


def views(house: House) -> dict[str, int]:
    """Return what identifies each view; one that is made anew has another."""
    return dict(
        house.query(
            "select c.relname::text, c.oid::bigint from pg_class as c"
            " where c.relkind = 'v'"
            " and c.relnamespace::regnamespace::text in ('core', 'marts', 'ops', 'quality')"
        )
    )


def functions(house: House) -> dict[str, int]:
    """Return what identifies each table function."""
    return dict(
        house.query(
            "select oid::regprocedure::text, oid::bigint from pg_proc"
            " where proretset and pronamespace::regnamespace::text in ('core', 'marts', 'quality')"
        )
    )


def rows(house: House, table: str) -> dict[str, str]:
    """Return the rows as text, each with the transaction that wrote it."""
    return dict(house.query(f"select t::text, xmin::text from {table} as t"))


def test_build_with_nothing_new_makes_no_view_and_writes_no_row(house: House) -> None:
    standing, periods = views(house), rows(house, "core.calendar_periods")
    sessions, called = rows(house, "core.sessions"), functions(house)
    assert len(standing) > 40
    assert len(called) > 5
    assert len(sessions) > 10_000
    for change in (
        "update core.sessions set close_at = open_at where session_date = '2024-01-03'",
        "delete from core.sessions where session_date = '2024-01-05'",
        "update core.sessions set exchange = 'XXXX' || exchange where session_date = '2024-01-08'",
    ):
        house.execute(change)

    house.build()

    assert views(house) == standing
    assert functions(house) == called
    assert rows(house, "core.calendar_periods") == periods
    after = rows(house, "core.sessions")
    assert set(after) == set(sessions)
    days = (",2024-01-03,", ",2024-01-05,", ",2024-01-08,")
    changed = {row for row in after if after[row] != sessions[row]}
    assert changed == {row for row in after if any(day in row for day in days)}


def test_changed_view_is_replaced_and_one_with_other_columns_made_anew(
    house: House, project_copy: Path
) -> None:
    house.settings = replace(house.settings, project_dir=project_copy)
    marts = project_copy / "models" / "marts"
    replaced, widened = marts / "minute_bars.sql", marts / "daily_bars.sql"
    replaced.write_text(replaced.read_text() + "\nwhere true\n")
    text = widened.read_text()
    assert text.endswith("\nselect * from named\n")
    widened.write_text(text.replace("\nselect * from named\n", "\nselect *, 1 as one from named\n"))
    with widened.with_suffix(".yml").open("a") as properties:
        properties.write("      - name: one\n        data_type: integer\n")
    standing = views(house)

    house.build()

    after = views(house)
    assert after.keys() == standing.keys()
    assert {name for name in after if after[name] != standing[name]} == ON_DAYS
    ((definition,),) = house.query("select pg_get_viewdef('marts.bars_1m'::regclass)")
    assert "WHERE true" in definition
    assert house.query("select one from marts.bars_1d") == []
