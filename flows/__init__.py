"""Flows: order, retries and schedules; no SQL and no dataframes."""
