"""Read ``config/sources.yaml``: what the nightly run extracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from barhouse.errors import BarhouseError
from extract.providers import provider_names


@dataclass(frozen=True)
class SourceEntry:
    """One source of the nightly run."""

    provider: str
    options: Mapping[str, Any] = field(default_factory=dict)


def load_sources(path: Path) -> list[SourceEntry]:
    """Read and check the configured sources.

    Args:
        path: The file, usually ``config/sources.yaml``.

    Raises:
        BarhouseError: The file is missing or something in it is wrong; the message names the place.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BarhouseError(
            f"{path} is missing; it lists what the nightly run extracts. Restore it from git."
        ) from error
    except OSError as error:
        raise BarhouseError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise BarhouseError(f"{path} is not YAML: it is not UTF-8; save it as UTF-8.") from error
    except RecursionError as error:
        raise BarhouseError(f"{path} is not YAML: it is nested too deeply.") from error
    except yaml.YAMLError as error:
        place = " ".join(str(error).split())
        raise BarhouseError(f"{path} is not YAML: {place}.") from error
    if not isinstance(content, dict) or content.get("version") != 1:
        raise BarhouseError(f"{path} must be a mapping that begins with `version: 1`.")
    entries = content.get("sources")
    if not isinstance(entries, list) or not entries:
        raise BarhouseError(f"{path} needs a list `sources` with at least one entry.")
    return [_entry(path, number, entry) for number, entry in enumerate(entries, start=1)]


def _entry(path: Path, number: int, entry: object) -> SourceEntry:
    where = f"{path}, source {number}"
    if not isinstance(entry, dict) or not isinstance(entry.get("provider"), str):
        raise BarhouseError(f"{where} needs a `provider`, one of {', '.join(provider_names())}.")
    unknown = [key for key in entry if key not in ("provider", "options")]
    if unknown:
        raise BarhouseError(
            f"{where} has the key `{unknown[0]}`; expected only `provider` and `options`."
        )
    if entry["provider"] not in provider_names():
        raise BarhouseError(
            f"{where} names the provider `{entry['provider']}`; registered are "
            f"{', '.join(provider_names())}."
        )
    options = entry.get("options") or {}
    if not isinstance(options, dict):
        raise BarhouseError(f"{where} has `options` that are not a mapping of names to values.")
    return SourceEntry(entry["provider"], options)
