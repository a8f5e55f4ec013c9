"""The registry of providers: entry points in the group ``barhouse.providers``.

A third party's package adds a provider by naming an object that keeps
:class:`extract.providers.Provider` under that group in its own ``pyproject.toml``.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from extract.providers import ENTRY_POINT_GROUP, MisconfiguredError, Provider, provider_names


def load_provider(name: str) -> Provider:
    """Import one provider.

    Args:
        name: The registered name, e.g. ``files``.

    Raises:
        MisconfiguredError: No such provider is registered, or it cannot be imported or used.
    """
    points = [p for p in entry_points(group=ENTRY_POINT_GROUP) if p.name == name]
    if not points:
        raise MisconfiguredError(
            f"There is no provider '{name[:40]}'; registered are {', '.join(provider_names())}."
        )
    try:
        provider = points[0].load()
    except ImportError as error:
        raise MisconfiguredError(
            f"Provider '{name}' cannot be imported ({error}); install the package that it needs."
        ) from error
    except AttributeError as error:
        raise MisconfiguredError(
            f"Provider '{name}' ({points[0].value}) is not there ({error}); see CONTRIBUTING.md."
        ) from error
    if not isinstance(provider, Provider):
        raise MisconfiguredError(
            f"Provider '{name}' ({points[0].value}) lacks `name` or `batches`; see CONTRIBUTING.md."
        )
    return provider
