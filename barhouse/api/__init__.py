"""What programs and notebooks ask the warehouse with; see docs/api.md."""

from barhouse.api.client import DataAPI

__all__ = ["DataAPI"]
