"""What the command line shows to a user as one sentence."""

from __future__ import annotations


class BarhouseError(RuntimeError):
    """Something a user can put right; the message says what was seen, expected and to be done."""
