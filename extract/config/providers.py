"""How to reach providers: ``config/providers.yaml``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from extract.config.names import refuse_misspelled
from extract.config.places import Document, Filled, Place, checked, nearest, read_document
from extract.settings import usable_endpoint

_SECRET: Final = re.compile(r"(.*_)?(key|secret|token|password|passphrase)", re.IGNORECASE)
_YEAR_OF_MINUTES: Final = 366 * 24 * 60


@dataclass(frozen=True)
class ProviderConfig:
    """What the file says of one provider; what it leaves out is ``None``.

    Attributes:
        endpoints: Its endpoints, e.g. ``{"base_url": "http://gateway:8080"}``.
        options: Its own options, e.g. ``{"feed": "iex"}``.
        requests_per_minute: The rate budget of the key.
        concurrency: Requests under way at once.
        timeout_seconds: How long to wait for a connection and for each answer.
        backoff_seconds: The first wait before a request is made again.
        settles_after_minutes: How long after its end a bar may still change.
        delay_minutes: How long after its end a bar can be asked for at all.
    """

    endpoints: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    requests_per_minute: float | None = None
    concurrency: int | None = None
    timeout_seconds: float | None = None
    backoff_seconds: float | None = None
    settles_after_minutes: float | None = None
    delay_minutes: float | None = None


class _Entry(BaseModel):
    # What a provider adds of its own is checked against its terms.
    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    requests_per_minute: Annotated[float, Field(gt=0, le=100_000)] | None = None
    concurrency: Annotated[int, Field(ge=1, le=32)] | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] | None = None
    backoff_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    settles_after_minutes: Annotated[float, Field(ge=0, le=_YEAR_OF_MINUTES)] | None = None
    delay_minutes: Annotated[float, Field(ge=0, le=_YEAR_OF_MINUTES)] | None = None


class _ProvidersFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1]
    providers: Annotated[dict[str, Annotated[_Entry, Filled]], Filled] = Field(default_factory=dict)


def load_provider_config(
    project_dir: Path, name: str, endpoints: Collection[str], options: Collection[str]
) -> ProviderConfig:
    """Read what the file says of one provider; without a file, nothing.

    Args:
        project_dir: The project's folder.
        name: The provider's.
        endpoints: Names of its endpoints.
        options: Names of its own options.

    Raises:
        MisconfiguredError: The file is wrong; the message names the line.
    """
    path = project_dir / "config" / "providers.yaml"
    if not path.is_file():
        return ProviderConfig()
    document = read_document(path, project_dir)
    _refuse_secrets(document)
    providers = checked(document, _ProvidersFile).providers
    for stated in providers:
        if stated != name:
            refuse_misspelled(document, ("providers", stated))
    entry = providers.get(name, _Entry())
    own = {key: value for key, value in (entry.model_extra or {}).items() if value is not None}
    known = [*endpoints, *options, *_Entry.model_fields]
    given: dict[str, str] = {}
    for key, value in own.items():
        place = ("providers", name, key)
        if key not in known:
            raise document.error(
                place,
                f"`{key}` is not known for {name}; expected some of {', '.join(known)}"
                f"{nearest(key, known)}",
            )
        if isinstance(value, dict | list):
            raise document.error(place, f"`{key}` has several values; expected one")
        if key in endpoints:
            given[key] = _endpoint(document, place, key, str(value), project_dir)
    return ProviderConfig(
        endpoints=given,
        options={key: value for key, value in own.items() if key not in endpoints},
        **{key: getattr(entry, key) for key in _Entry.model_fields},
    )


# Before anything else is said: other messages may show what stands there.
def _refuse_secrets(document: Document) -> None:
    for place in document.lines:
        key = place[-1]
        if isinstance(key, str) and _SECRET.fullmatch(key):
            raise document.error(
                place,
                f"`{key}` is a secret, and this file is kept in git; put it into the environment, "
                ".env or .dlt/secrets.toml, see docs/providers.md",
            )


def _endpoint(document: Document, place: Place, key: str, value: str, project_dir: Path) -> str:
    try:
        used = usable_endpoint(key, value, project_dir)
    except ValueError as error:
        raise document.error(place, f"`{key}` {error}") from error
    if key.endswith(("url", "proxy")) and urlsplit(used).password:
        raise document.error(
            place,
            f"`{key}` has a password, and this file is kept in git; put it into the environment "
            "or .env, see docs/providers.md",
        )
    return used
