"""The proofs hold on the demo's real data, and find it when a number is not what it should be."""

from __future__ import annotations

import pytest
from house_kit import House

from barhouse import transform
from barhouse.errors import BarhouseError


def test_proofs_hold_and_a_changed_aggregate_is_found(house: House) -> None:
    house.extract("sample")
    house.build()
    report = transform.prove(house.settings, house.warehouse)
    # The proofs, and what core's tables are tested for.
    assert report.counts == {"pass": 15}
    # Something has to be compared.
    assert house.query(
        "select count(*) > 9000, max(action_count) from quality.adjustment_proof"
    ) == [(True, 1)]
    assert house.query(
        "select count(distinct symbol), max(abs(relative_difference)) < 0.0025"
        " from quality.adjusted_close_proof"
    ) == [(5, True)]

    # A bar that somebody altered, of a day that no build would look at again.
    ((instrument, day, high),) = house.query(
        "select instrument_id, session_date, high from core.bars_1d order by 1, 2 limit 1"
    )
    bar = f"where instrument_id = {instrument} and session_date = '{day}'"
    house.execute(f"update core.bars_1d set high = low - 1 {bar}")
    with pytest.raises(BarhouseError, match="ohlc_is_consistent"):
        transform.prove(house.settings, house.warehouse)
    house.execute(f"update core.bars_1d set high = {high} {bar}")

    # What an aggregate says is changed behind its back, in every bucket, so any sample shows it.
    ((table,),) = house.query(
        "select format('%I.%I', h.schema_name, h.table_name)"
        " from _timescaledb_catalog.continuous_agg as a"
        " inner join _timescaledb_catalog.hypertable as h on h.id = a.mat_hypertable_id"
        " where a.user_view_name = 'rollup_1h'"
    )
    house.execute(f"update {table} set high = high + 0.01")
    with pytest.raises(BarhouseError, match="assert_rollups_equal_their_minutes"):
        transform.prove(house.settings, house.warehouse)
