"""What Prefect's log shows of an error that a user can put right: the sentence."""

from __future__ import annotations

import logging

from barhouse.user_errors import FOR_USERS


class _WithoutTraceback(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the traceback where the message says it all."""
        if record.exc_info and isinstance(record.exc_info[1], FOR_USERS):
            record.exc_info = None
            record.exc_text = None
        return True


def leave_out_tracebacks() -> None:
    """Show errors for users without their traceback, in the logs of flows and tasks."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _WithoutTraceback) for known in logger.filters):
            logger.addFilter(_WithoutTraceback())
