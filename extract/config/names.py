"""Names of providers in configuration files."""

from __future__ import annotations

from extract.config.places import Document, Place, nearest
from extract.providers import provider_names


def refuse_misspelled(document: Document, place: Place) -> None:
    """Refuse a provider's name that is nearly a registered one; one not installed is left alone.

    Args:
        document: Where it stands.
        place: Of the name, which is its last part.

    Raises:
        MisconfiguredError: It is misspelled.
    """
    name, known = str(place[-1]), provider_names()
    if name not in known and (near := nearest(name, known)):
        raise document.error(place, f"there is no provider `{name}`{near}")
