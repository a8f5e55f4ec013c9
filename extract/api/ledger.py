"""What is written of a request besides its rows: its line in ``requests``, rejects, symbols."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from extract.api.bars import Reject
from extract.api.calls import Caller
from extract.api.feed import Fault, Listing
from extract.landing import Batch, landing_table

_OUTCOMES: Final = {
    "retry": "failed",
    "rate_limited": "rate_limited",
    "not_permitted": "not_permitted",
    "refused": "failed",
    "failed": "failed",
}


@dataclass(frozen=True)
class Asked:
    """A request, as far as it is known before the answer.

    Attributes:
        provider: Whom.
        feed: Which of its feeds.
        dataset: ``bars``, ``actions`` or ``assets``.
        symbol: Our spelling; empty for a symbol list.
        provider_symbol: The provider's.
        timeframe: Of bars.
        session_scope: Of bars.
        start_at: Start of the window, if it has one.
        end_at: Its end, exclusive.
        fetched_at: When it was made, aware UTC.
    """

    provider: str
    feed: str
    dataset: str
    symbol: str | None
    provider_symbol: str | None
    timeframe: str | None
    session_scope: str | None
    start_at: datetime | None
    end_at: datetime | None
    fetched_at: datetime

    @property
    def fingerprint(self) -> str:
        """What tells requests apart that ask for different things."""
        parts = [value for name, value in asdict(self).items() if name != "fetched_at"]
        return digest(parts)

    @property
    def request_id(self) -> str:
        """Unique among all requests ever made."""
        return f"{self.provider}-{self.fingerprint[:16]}-{self.fetched_at:%Y%m%dT%H%M%S%f}"

    @property
    def title(self) -> str:
        """How the request is called in summaries, e.g. ``AAPL 1m 2024-01-01 to 2024-02-01``."""
        what = self.timeframe or self.dataset
        parts = [self.provider_symbol or "all symbols", what]
        if self.start_at and self.end_at:
            parts.append(f"{_moment(self.start_at)} to {_moment(self.end_at)}")
        return " ".join(parts)

    def lineage(self) -> dict[str, Any]:
        """Return the lineage columns of the rows that the request brings."""
        return {"request_id": self.request_id, "fetched_at": self.fetched_at}


def digest(content: Any) -> str:
    """Return the sha256 of a JSON value.

    Args:
        content: Anything JSON can hold; dates and decimals count by their text.
    """
    text = json.dumps(content, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def request_batch(
    asked: Asked,
    outcome: str,
    *,
    row_count: int = 0,
    reject_count: int = 0,
    reason: str | None = None,
    settled_until_at: datetime | None = None,
    fingerprint: str | None = None,
    caller: Caller | None = None,
) -> Batch:
    """Return a request's row of the coverage ledger.

    Args:
        asked: The request.
        outcome: One of ``WORDS["outcome"]``.
        row_count: Rows it landed.
        reject_count: Records that could not be read.
        reason: Why it brought nothing, or less than hoped.
        settled_until_at: Up to here the answer will not change.
        fingerprint: What makes it new, if not what was asked.
        caller: Knows how often it was made again and how long that took.
    """
    row = {
        "request_id": asked.request_id,
        "provider": asked.provider,
        "source": asked.title,
        "fingerprint": fingerprint or asked.fingerprint,
        "timeframe": asked.timeframe,
        "symbol": asked.symbol,
        "provider_symbol": asked.provider_symbol,
        "feed": asked.feed,
        "dataset": asked.dataset,
        "session_scope": asked.session_scope,
        "window_start_at": asked.start_at,
        "window_end_at": asked.end_at,
        "settled_until_at": settled_until_at,
        "outcome": outcome,
        "row_count": row_count,
        "reject_count": reject_count,
        "reason": reason,
        "retry_count": caller.retry_count if caller else 0,
        "wait_seconds": Decimal(f"{caller.wait_seconds if caller else 0:.3f}"),
        "requested_at": asked.fetched_at,
    }
    return Batch("requests", landing_table("requests", [row]))


def fault_batch(asked: Asked, fault: Fault, caller: Caller | None = None) -> Batch:
    """Return the ledger row of a request that brought nothing.

    Args:
        asked: The request.
        fault: Why.
        caller: Knows how often it was made again.
    """
    return request_batch(asked, _OUTCOMES[fault.kind], reason=fault.reason, caller=caller)


def reject_batches(asked: Asked, rejects: Sequence[Reject]) -> Iterable[Batch]:
    """Yield the rejects of a request, if there are any.

    Args:
        asked: The request.
        rejects: Its records that could not be read.
    """
    if rejects:
        rows = [
            {
                "provider": asked.provider,
                "source": asked.title,
                "column_name": reject.column,
                "seen_value": reject.seen,
                "reason": reject.reason,
                "record": reject.record,
                **asked.lineage(),
            }
            for reject in rejects
        ]
        yield Batch("raw_rejects", landing_table("raw_rejects", rows))


def asset_batch(asked: Asked, listings: Sequence[Listing], derivation: str) -> Batch:
    """Return listings as rows of ``raw_assets``.

    Args:
        asked: The request that brought them.
        listings: The listings.
        derivation: ``configured`` or ``reported``.
    """
    rows = [
        {
            "provider": asked.provider,
            "provider_symbol": listing.provider_symbol,
            "asset_class": listing.asset_class,
            "exchange": listing.exchange,
            "currency": listing.currency,
            "symbol": listing.symbol,
            "asset_name": listing.name,
            "is_active": listing.is_active,
            "derivation": derivation,
            **asked.lineage(),
        }
        for listing in listings
    ]
    return Batch("raw_assets", landing_table("raw_assets", rows))


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if moment.hour == moment.minute == 0 else f"{moment:%Y-%m-%dT%H:%M}"
