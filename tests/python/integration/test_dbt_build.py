"""The whole `dbt build`, unit tests included; the flows leave those out."""

from __future__ import annotations

from house_kit import House

from barhouse import transform


def test_whole_build_succeeds(house: House) -> None:
    # Unit tests bring rows of their own; the data tests see the sample in every other test.
    assert transform.run_dbt(["build", "--quiet"], house.settings, house.warehouse) == 0
    counts = transform.read_report(house.settings.state_dir / "dbt" / "run_results.json").counts
    # Models and seeds succeed, data and unit tests pass; an exposure is no work.
    assert set(counts) == {"success", "pass", "no-op"}
    assert counts["pass"] > 100
