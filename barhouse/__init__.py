"""Barhouse: a warehouse for OHLC market bars."""
