"""Serve the flows with their schedules: `python -m flows.deployments`.

Needs a Prefect server (``PREFECT_API_URL``); `docker compose up` runs one together with this.
"""

from __future__ import annotations

from prefect.schedules import Cron

from flows.nightly import refresh_warehouse

#: After the US close and the vendors' corrections, in exchange time, DST included.
NIGHTLY = Cron("30 21 * * *", timezone="America/New_York")


def main() -> None:
    """Register the deployments and run what is due until stopped."""
    refresh_warehouse.serve(
        name="nightly",
        schedule=NIGHTLY,
        tags=["barhouse"],
        description="Extract every configured source, build and test, export to the lake.",
    )


if __name__ == "__main__":
    main()
