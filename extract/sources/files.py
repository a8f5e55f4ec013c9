"""The ``files`` provider: CSV, JSON and Parquet files of bars, described by one small YAML.

Nothing is fetched: ``options["config"]`` is the path of the YAML, and each file it names is one
request. Times become UTC bar starts, prices exact decimals; a row that cannot be read is rejected
with its line and a sentence, and the rest of its file loads. ``docs/files.md`` has every key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from extract.landing import Batch
from extract.providers import ExtractRequest, MisconfiguredError
from extract.sources._files import read_bars
from extract.sources._files.config import load_config


class FilesProvider:
    """Lands the files a YAML describes."""

    name = "files"

    def batches(self, request: ExtractRequest) -> Iterator[Batch]:
        """Yield the bars of every file that is not landed yet, file by file.

        A copy of a file that landed earlier in the same run is left out like a landed one.

        Args:
            request: The run; ``options["config"]`` is the path of the YAML.

        Yields:
            ``raw_bars`` and ``raw_rejects`` batches, and last of each file its ``requests`` row.

        Raises:
            MisconfiguredError: The YAML is missing or wrong; nothing was read.
        """
        config = request.options.get("config")
        if not isinstance(config, (str, Path)):
            raise MisconfiguredError(
                "The files provider needs the path of the YAML that describes the files; seen"
                f" {config!r}. Give it with --config, or as the option `config` of the source."
            )
        landed: set[str] = set()

        def is_landed(fingerprint: str) -> bool:
            return fingerprint in landed or request.is_landed(fingerprint)

        run = replace(request, is_landed=is_landed)
        for file in load_config(request.project_dir / config):
            for batch in read_bars(file.entry, file.path, file.source, run):
                if batch.table == "requests" and batch.rows["outcome"][0].as_py() == "rows":
                    landed.add(batch.rows["fingerprint"][0].as_py())
                yield batch


PROVIDER = FilesProvider()
