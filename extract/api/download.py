"""One window: ask, check, and put together what lands of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from extract.api import ledger
from extract.api.actions import content, landed_actions
from extract.api.bars import Bars, Frame, Reject, landed_bars
from extract.api.calls import Caller, StoppedError
from extract.api.feed import Fault, FaultError, Feed, Window, as_faults
from extract.api.terms import Terms
from extract.exchanges import Exchange
from extract.landing import Batch, LandingTable, landing_table
from extract.providers import IsLanded

_logger = logging.getLogger("extract")


@dataclass(frozen=True)
class Task:
    """A window, and all that is known before the answer.

    Attributes:
        window: What to ask for.
        exchange: Of its listing.
        asked: Its request.
        terms: The provider's.
        settles_after: How long after its end a bar may still change.
        settled_until_at: Up to where the answer will not change any more.
        is_landed: Tells whether a fingerprint is in the ledger.
    """

    window: Window
    exchange: Exchange
    asked: ledger.Asked
    terms: Terms
    settles_after: timedelta
    settled_until_at: datetime
    is_landed: IsLanded


@dataclass(frozen=True)
class Fetched:
    """What came of a window.

    Attributes:
        bars: Those that land.
        batches: What else lands, its ledger row last.
        row_count: Bars or actions among it.
        retry_count: Requests made again.
        wait_seconds: Time spent waiting before them.
        fault: Why it brought nothing, if something was wrong.
    """

    bars: Bars | None
    batches: Sequence[Batch]
    row_count: int
    retry_count: int
    wait_seconds: float
    fault: Fault | None = None

    def landed(self) -> Iterator[Batch]:
        """Yield all that lands."""
        if self.bars is not None and self.bars.count:
            yield Batch("raw_bars", self.bars.table())
        yield from self.batches


def fetch(feed: Feed, task: Task, caller: Caller) -> Fetched | None:
    """Ask for one window.

    Args:
        feed: The provider.
        task: What to ask for.
        caller: Makes the requests.

    Returns:
        What came of it; ``None`` when the run was stopped meanwhile.
    """
    ask = _actions if task.window.dataset == "actions" else _bars
    try:
        with as_faults(feed):
            fetched = ask(feed, task, caller)
    except FaultError as error:
        if isinstance(error.__cause__, StoppedError):
            return None
        batch = ledger.fault_batch(task.asked, error.fault, caller)
        fetched = Fetched(None, [batch], 0, caller.retry_count, caller.wait_seconds, error.fault)
    _log(task, fetched)
    return fetched


def symbol_list(
    feed: Feed, asset_class: str, asked: ledger.Asked, caller: Caller, is_landed: IsLanded
) -> Sequence[Batch]:
    """Ask for a provider's symbol list.

    Args:
        feed: The provider.
        asset_class: Which list.
        asked: Its request.
        caller: Makes the requests.
        is_landed: Tells whether a fingerprint is in the ledger; a list that is lands nothing.

    Returns:
        What lands.
    """
    try:
        with as_faults(feed):
            pages = list(feed.assets(asset_class, caller))
    except FaultError as error:
        return [ledger.fault_batch(asked, error.fault, caller)]
    listings = [listing for page in pages for listing in page]
    key = ledger.digest([asked.provider, "symbol list", asset_class, [vars(x) for x in listings]])
    if is_landed(key):
        return []
    if not listings:
        return [ledger.request_batch(asked, "empty", caller=caller, fingerprint=key)]
    row = ledger.request_batch(
        asked, "rows", row_count=len(listings), caller=caller, fingerprint=key
    )
    return [ledger.asset_batch(asked, listings, "reported"), row]


def _bars(feed: Feed, task: Task, caller: Caller) -> Fetched:
    asked, listing, terms = task.asked, task.window.listing, task.terms
    constants = {
        "provider": asked.provider,
        "provider_symbol": listing.provider_symbol,
        "asset_class": listing.asset_class,
        "exchange": listing.exchange,
        "feed": asked.feed,
        "currency": listing.currency,
        "timeframe": asked.timeframe,
        "volume_unit": terms.volume_unit[listing.asset_class],
        "price_basis": terms.price_basis[listing.asset_class],
        "session_scope": asked.session_scope,
        "request_id": asked.request_id,
    }
    frame = Frame(task.window, task.exchange, constants, asked.fetched_at, task.settles_after)
    bars, rejects = landed_bars(feed.bars(task.window, caller), frame)
    return _landed(task, [], bars.count, rejects, caller, bars=bars)


def _actions(feed: Feed, task: Task, caller: Caller) -> Fetched:
    asked = task.asked
    actions = feed.actions(task.window, caller)
    splits, dividends, rejects = landed_actions(actions, task.window)
    # Actions are asked for again and again; the same answer lands once.
    listing = task.window.listing
    said = [asked.provider, listing.provider_symbol, str(asked.start_at)]
    key = ledger.digest([*said, content(splits, dividends)])
    known = task.is_landed(key)
    lineage = {"provider": asked.provider, **asked.lineage()}
    tables: list[tuple[LandingTable, list[dict[str, object]]]] = [
        ("raw_splits", splits),
        ("raw_dividends", dividends),
    ]
    batches = [
        Batch(table, landing_table(table, [row | lineage for row in rows]))
        for table, rows in tables
        if rows and not known
    ]
    count = 0 if known else len(splits) + len(dividends)
    reason = "nothing new" if known and (splits or dividends) else None
    return _landed(task, batches, count, rejects, caller, fingerprint=key, reason=reason)


def _landed(
    task: Task,
    batches: list[Batch],
    row_count: int,
    rejects: Sequence[Reject],
    caller: Caller,
    *,
    bars: Bars | None = None,
    fingerprint: str | None = None,
    reason: str | None = None,
) -> Fetched:
    outcome = "rows" if row_count else "empty"
    settled: datetime | None = task.settled_until_at
    fault = None
    if rejects and not row_count:
        fault = Fault("failed", f"none of {len(rejects)} records can land: {rejects[0].reason}")
        outcome, settled, reason = "failed", None, fault.reason
    batches += ledger.reject_batches(task.asked, rejects)
    batches.append(
        ledger.request_batch(
            task.asked,
            outcome,
            row_count=row_count,
            reject_count=len(rejects),
            reason=reason,
            settled_until_at=settled,
            fingerprint=fingerprint,
            caller=caller,
        )
    )
    return Fetched(bars, batches, row_count, caller.retry_count, caller.wait_seconds, fault)


def _log(task: Task, fetched: Fetched) -> None:
    asked = task.asked
    said = fetched.fault.reason if fetched.fault else f"{fetched.row_count} rows"
    _logger.info(
        "%s: %s: %s",
        asked.provider,
        asked.title,
        said,
        extra={
            "provider": asked.provider,
            "symbol": asked.symbol,
            "dataset": asked.dataset,
            "timeframe": asked.timeframe,
            "window_start_at": str(asked.start_at),
            "window_end_at": str(asked.end_at),
            "row_count": fetched.row_count,
            "retry_count": fetched.retry_count,
            "wait_seconds": round(fetched.wait_seconds, 3),
            "fault": fetched.fault.kind if fetched.fault else None,
        },
    )
