"""Where the lake lies: a folder of this machine, or a URL that fsspec knows, such as S3.

A lake behind a URL is a ``UPath``, which has the methods of ``pathlib.Path``; the modules of this
package take either. What a disk and an object store do differently stands in ``files`` and here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from barhouse.lake.errors import LakeError
from extract.settings import Settings

#: The folder of a lake in which backups of the rest lie.
BACKUPS = "_backups"
#: Protocols whose objects appear whole or not at all, so that nothing needs a rename.
WHOLE_OBJECTS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory"})


def open_lake(settings: Settings) -> Path:
    """Return the lake of a project.

    Args:
        settings: ``lake_url`` goes before ``lake_dir``.

    Raises:
        LakeError: The URL cannot be used, or its package is missing.
    """
    if settings.lake_url is None:
        return settings.lake_dir
    return place_of(settings.lake_url)


def place_of(url: str) -> Path:
    """Return what a URL names, as a path.

    Args:
        url: Such as ``s3://bucket/lake``; the vendor's own variables say with which key, and at
            which endpoint.

    Raises:
        LakeError: The URL cannot be used, or its package is missing.
    """
    # Imported here: it takes half a second, and most lakes are folders.
    from upath import UPath

    scheme = urlsplit(url).scheme
    try:
        # Listings are asked for anew each time: another export may have written.
        found = UPath(url.rstrip("/"), use_listings_cache=False)
        _ = found.fs
    except ImportError as error:
        raise LakeError(
            f"A lake at {scheme}:// needs a package that is not installed ({error}); install it, "
            "for S3 as `pip install 'barhouse[s3]'`."
        ) from error
    except ValueError as error:
        raise LakeError(
            f"BARHOUSE_LAKE_DIR starts with {scheme}://, which cannot be used ({error}); expected "
            "a folder, or a URL such as s3://bucket/lake."
        ) from error
    return cast("Path", found)


def is_local(path: Path) -> bool:
    """Say whether a path lies on a disk of this machine."""
    return isinstance(path, Path)


def remote(path: Path) -> Any:
    """Return the fsspec file system of a path behind a URL."""
    return cast("Any", path).fs


def key(path: Path) -> str:
    """Return the name by which its file system knows a path behind a URL."""
    return str(cast("Any", path).path)


def names_below(folder: Path) -> list[str]:
    """Return the names of all files below a folder, relative to it, in order.

    Args:
        folder: Any place.
    """
    if is_local(folder):
        return sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        )
    start = key(folder).strip("/") + "/"
    return sorted(name.strip("/").removeprefix(start) for name in remote(folder).find(key(folder)))


def entries(folder: Path) -> list[tuple[str, bool]]:
    """Return the names in a folder, and whether each is a folder; in order of name.

    Args:
        folder: Any place.

    Raises:
        FileNotFoundError: There is no such folder.
    """
    if is_local(folder):
        return sorted((path.name, path.is_dir()) for path in folder.iterdir())
    found = remote(folder).ls(key(folder), detail=True)
    # A store may list a folder as a part of itself.
    return sorted(
        (item["name"].rstrip("/").rpartition("/")[2], item["type"] == "directory")
        for item in found
        if item["name"].strip("/") != key(folder).strip("/")
    )
