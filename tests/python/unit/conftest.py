"""Fixtures shared by the unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample_cache() -> Path:
    """Return the repository's own cache, so that the sample is downloaded once per machine."""
    return Path(__file__).resolve().parents[3] / ".barhouse" / "cache"
