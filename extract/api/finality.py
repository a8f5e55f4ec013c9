"""When the bar of a day stops changing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from extract.exchanges import Exchange


def day_settles_at(exchange: Exchange, asset_class: str, day: date) -> datetime:
    """Return when a daily bar stops changing, before the provider's own delay.

    Stocks and funds trade until 20:00 local time after hours; everything else until its session
    date ends.

    Args:
        exchange: Where.
        asset_class: E.g. ``equity``.
        day: A session date.
    """
    end = exchange.day_start(day + timedelta(days=1))
    return end - timedelta(hours=4) if asset_class in ("equity", "etf", "index") else end


def first_open_day(exchange: Exchange, asset_class: str, moment: datetime) -> date:
    """Return the first session date whose daily bar may still change at an instant.

    Args:
        exchange: Where.
        asset_class: E.g. ``equity``.
        moment: Aware.
    """
    day = moment.astimezone(ZoneInfo(exchange.timezone)).date() - timedelta(days=1)
    while day_settles_at(exchange, asset_class, day) <= moment:
        day += timedelta(days=1)
    return day
