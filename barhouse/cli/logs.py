"""Logs of extracts: a JSON object per request on standard error, where ``BARHOUSE_LOG`` asks."""

from __future__ import annotations

import logging

from extract.settings import Settings


def is_json(settings: Settings) -> bool:
    """Tell whether logs are wanted as JSON.

    Args:
        settings: The project.
    """
    return settings.log_format == "json"


def start_logs(settings: Settings) -> None:
    """Write a line for every request that is answered, if logs are wanted.

    Args:
        settings: ``log_format`` decides.
    """
    logger = logging.getLogger("extract")
    if not is_json(settings) or logger.handlers:
        return
    from pythonjsonlogger.json import JsonFormatter

    handler = logging.StreamHandler()
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
    handler.setFormatter(JsonFormatter(fields, rename_fields={"levelname": "level"}))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
