"""Barhouse: a warehouse for OHLC market bars.

``from barhouse import DataAPI`` is what notebooks and programs begin with. It is imported when it
is asked for, so that ``import barhouse`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from barhouse.api import DataAPI
    from barhouse.errors import BarhouseError

__all__ = ["BarhouseError", "DataAPI"]


def __getattr__(name: str) -> object:
    if name == "DataAPI":
        from barhouse.api import DataAPI

        return DataAPI
    if name == "BarhouseError":
        from barhouse.errors import BarhouseError

        return BarhouseError
    raise AttributeError(f"module 'barhouse' has no attribute '{name}'")
