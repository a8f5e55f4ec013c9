"""Flows: order, retries and schedules; no SQL and no dataframes."""

from extract.settings import load_settings, set_default_environment

# Before Prefect is imported: it reads its settings then. What the user set stands.
set_default_environment(
    {
        "PREFECT_HOME": str(load_settings().state_dir / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
)
