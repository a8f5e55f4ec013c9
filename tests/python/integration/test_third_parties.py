"""Providers of third parties: found by their entry point, held to the landing contract.

``acme`` is a package with real metadata in a folder of its own, as pip would leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from house_kit import House
from test_bad_input_kit import Folder, csv, house_in, minutes

from barhouse import embedded
from extract.landing import SCHEMAS, Batch, LandingError, landing_table
from extract.providers import ProviderError, provider_names
from extract.registry import load_provider

MODULE = '''
from extract.landing import Batch, landing_table


class Acme:
    """Whatever the run asks for."""

    name = "acme"

    def batches(self, request):
        for make in request.options["batches"]:
            yield make(request)


class Unfinished:
    name = "unfinished"


PROVIDER = Acme()
'''
ENTRY_POINTS = """[barhouse.providers]
acme = acme_bars:PROVIDER
acme_unfinished = acme_bars:Unfinished
acme_uninstalled = acme_bars.elsewhere:PROVIDER
"""
WHO = {"provider": "acme", "provider_symbol": "KO", "asset_class": "equity", "exchange": "XNYS"}
Make = Callable[[Any], Batch]


@pytest.fixture(autouse=True)
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    metadata = site / "acme_bars-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "acme_bars.py").write_text(MODULE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-bars\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(site))


def rows(table: str, *values: dict[str, Any]) -> Make:
    """A batch of the run: its lineage completed, the contract kept."""

    def make(request: Any) -> Batch:
        lineage = {"request_id": "acme-1", "fetched_at": request.fetched_at}
        return Batch(table, landing_table(table, [{**lineage, **row} for row in values]))

    return make


def outcome(fingerprint: str, row_count: int) -> Make:
    def make(request: Any) -> Batch:
        row = {
            "request_id": "acme-1",
            "provider": "acme",
            "source": "acme",
            "fingerprint": fingerprint,
            "outcome": "rows",
            "row_count": row_count,
            "reject_count": 0,
            "requested_at": request.fetched_at,
        }
        return Batch("requests", landing_table("requests", [row]))

    return make


def split(ex_date: date, ratio: str) -> list[Make]:
    row = {"ex_date": ex_date, "split_ratio": Decimal(ratio), "derivation": "reported"}
    return [rows("raw_splits", {**WHO, **row}), outcome(f"{ex_date} {ratio}", 1)]


def test_registry_lists_what_is_installed_and_says_what_is_wrong_with_it() -> None:
    assert {"acme", "files", "sample", "sessions"} <= set(provider_names())
    assert load_provider("acme").name == "acme"
    with pytest.raises(ProviderError, match=r"'acme_uninstalled' cannot be imported .* install"):
        load_provider("acme_uninstalled")
    with pytest.raises(ProviderError, match="lacks `name` or `batches`"):
        load_provider("acme_unfinished")


def test_bars_on_basis_split_are_published_as_traded(house: House, tmp_path: Path) -> None:
    # Two splits, 2:1 and 3:2, after the first day; between them the second; then the third.
    folder = Folder(tmp_path / "files")
    first, second = date(2024, 1, 3), date(2024, 1, 8)
    reported = csv(
        minutes("KO", "2024-01-02", 1, prices="20,20.25,19.75,20.125,3000"),
        minutes("KO", "2024-01-03", 1, prices="40,40.5,39.5,40.25,1500"),
        minutes("KO", "2024-01-08", 1, prices="40,40.5,39.5,40.25,1500"),
    )
    stands = (
        "select session_date::text, trim_scale(open)::text, trim_scale(high)::text,"
        " trim_scale(low)::text, trim_scale(close)::text, trim_scale(volume)::text"
        " from core.bars_1m order by 1"
    )
    last = ("2024-01-08", "40", "40.5", "39.5", "40.25", "1500")

    # A split that is in the ledger when the bars come is undone at once.
    assert house.extract("acme", batches=split(first, "2")).row_counts["raw_splits"] == 1
    house.extract("files", config=folder.describe({"ko.csv": reported}, basis="split"))
    house.build()
    assert house.query(stands) == [
        ("2024-01-02", "40", "40.5", "39.5", "40.25", "1500"),
        ("2024-01-03", "40", "40.5", "39.5", "40.25", "1500"),
        last,
    ]

    # One that lands after the bars were published brings them to raw in the next build.
    house.extract("acme", batches=split(second, "1.5"))
    house.build()
    assert house.query(stands) == [
        ("2024-01-02", "60", "60.75", "59.25", "60.375", "1000"),
        ("2024-01-03", "60", "60.75", "59.25", "60.375", "1000"),
        last,
    ]
    five_minutes = "select trim_scale(close)::text from marts.bars_5m order by bar_start_at"
    assert house.query(five_minutes) == [("60.375",), ("60.375",), ("40.25",)]
    kept = "select trim_scale(close)::text from core.bar_revisions"
    assert house.query(kept) == [("40.25",), ("40.25",)]
    assert house.query("select count(*) from quality.quarantine") == [(0,)]


def good_bars() -> Make:
    return rows("raw_bars", BAR)


BAR = {
    **WHO,
    "feed": "acme",
    "currency": "USD",
    "timeframe": "1m",
    "bar_start_at": datetime(2024, 1, 2, 14, 30, tzinfo=UTC),
    "source_timestamp": "2024-01-02T14:30Z",
    **dict.fromkeys(("open", "high", "low", "close", "volume"), Decimal("59.1")),
    "volume_unit": "shares",
    "price_basis": "raw",
    "session_scope": "regular",
    "is_final": True,
}


def changed(change: Callable[[pa.Table], pa.Table]) -> Make:
    """A batch of bars that was changed after it was made, so that only the pipeline can judge."""
    return lambda request: Batch("raw_bars", change(good_bars()(request).rows))


def retyped(name: str, kind: pa.DataType) -> Make:
    def change(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(name)
        return table.set_column(place, name, table[name].cast(kind))

    return changed(change)


def nulled(name: str) -> Make:
    def change(table: pa.Table) -> pa.Table:
        field = SCHEMAS["raw_bars"].field(name)
        place = table.schema.get_field_index(name)
        return table.set_column(place, pa.field(name, field.type), pa.nulls(1, field.type))

    return changed(change)


@pytest.fixture(scope="module")
def shared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One warehouse for the tests that land nothing, and the one that ends them."""
    house = house_in(tmp_path_factory.mktemp("acme"), template)
    yield house
    embedded.stop(house.settings.embedded_dir)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (retyped("close", pa.float64()), "raw_bars.close is double; expected decimal128(38, 18)"),
        (retyped("volume", pa.string()), "raw_bars.volume is string; expected decimal128(38, 18)"),
        (
            retyped("bar_start_at", pa.timestamp("us")),
            "raw_bars.bar_start_at is timestamp[us]; expected timestamp[us, tz=UTC]",
        ),
        (nulled("currency"), "raw_bars.currency is null in some row; expected a value"),
        (changed(lambda table: table.drop_columns(["is_final"])), "'is_final'"),
        (
            changed(lambda table: table.append_column("surprise", pa.array([1]))),
            "'surprise'",
        ),
        (rows("raw_bars", {**BAR, "close": "9 GB"}), "raw_bars.close must be decimal128(38, 18)"),
        (rows("raw_bars", {**BAR, "surprise": 1}), "raw_bars has no column surprise; expected"),
        (rows("raw_bars", {**BAR, "exchange": None}), "raw_bars.exchange is null in some row"),
        (
            rows("raw_bars", {**BAR, "open": Decimal("9" * 25)}),
            "raw_bars.open must be decimal128(38, 18)",
        ),
    ],
)
def test_provider_that_breaks_the_contract_lands_nothing(
    shared: House, broken: Make, sentence: str
) -> None:
    # A good batch goes before: it was handed over already when the broken one comes.
    before = shared.query("select count(*) from staging._dlt_loads")
    for batches in ([good_bars(), broken, outcome("broken", 2)], [broken]):
        with pytest.raises(LandingError) as caught:
            shared.extract("acme", batches=batches)
        assert sentence in str(caught.value)
        assert "\n" not in str(caught.value)
    assert shared.query("select count(*) from staging.raw_bars") == [(0,)]
    assert shared.query("select count(*) from staging.requests where provider = 'acme'") == [(0,)]
    assert shared.query("select count(*) from staging._dlt_loads") == before


def test_provider_that_was_repaired_lands(shared: House) -> None:
    report = shared.extract("acme", batches=[good_bars(), outcome("repaired", 1)])
    assert report.row_counts["raw_bars"] == 1
    assert len(report.load_ids) == 1
    assert shared.query("select provider_symbol from staging.raw_bars") == [("KO",)]
