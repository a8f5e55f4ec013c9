"""The exceptions whose message is a sentence for the user; no traceback goes with them."""

from __future__ import annotations

from typing import Final

from barhouse.embedded import EmbeddedError
from barhouse.errors import BarhouseError
from extract.landing import LandingError
from extract.pipelines import LoadError
from extract.providers import ProviderError
from extract.settings import SettingsError

FOR_USERS: Final = (
    BarhouseError,
    EmbeddedError,
    LandingError,
    LoadError,
    ProviderError,
    SettingsError,
)
