"""The report: what is there and how good it is, as one page that needs nothing else."""

from barhouse.report.gathering import MOST_DAYS, gather
from barhouse.report.page import rendered

__all__ = ["MOST_DAYS", "gather", "rendered"]
