"""Indicators over bars: names such as ``RSI_14`` become columns; see docs/api.md."""

from barhouse.api.indicators.adding import with_indicators

__all__ = ["with_indicators"]
