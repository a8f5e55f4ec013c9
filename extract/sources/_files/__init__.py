"""Reading files of bars: the parts behind the ``files`` provider, usable from code.

Two names are all another provider needs, and their signatures are settled::

    @dataclass(frozen=True, kw_only=True)
    class FileEntry:
        path: str                          # a label here; the file itself is read_bars(path=...)
        columns: Mapping[str, str | int]   # our name -> the file's column name or 0-based position
        symbol: str                        # a constant, or "column" for columns["symbol"]
        timeframe: str                     # one of landing.TIMEFRAMES
        basis: str                         # raw | split | none
        asset_class: str
        exchange: str                      # MIC, CRYPTO or FX
        currency: str
        session_scope: str                 # regular | extended | 24x7
        format: str | None = None          # csv | jsonl | json | parquet; None: from the suffix
        encoding: str = "utf-8"
        delimiter: str = ","
        header: bool = True                # csv only; False: columns are 0-based positions
        time_format: str = "iso"           # iso | epoch_s | epoch_ms | a strptime format
        timezone: str | None = None        # IANA; needed for naive times and for 1d
        ambiguous: str = "reject"          # reject | earlier | later
        label: str = "start"               # start | end
        feed: str = "file"
        volume_unit: str = "unknown"
        final: bool = True
        provider: str = "files"            # code only, not a YAML key

    def read_bars(
        entry: FileEntry, path: Path, source: str, request: ExtractRequest
    ) -> Iterator[Batch]

``read_bars`` reads one file as one request: it yields ``raw_bars`` and ``raw_rejects`` batches and
last exactly one ``requests`` row, or nothing at all when ``request.is_landed(fingerprint)``.
``source`` is the name of the file as it stands in the landed rows. A file that cannot be read is
an outcome (``failed``), never an exception; a wrong entry raises :class:`EntryError`, which is a
``ProviderError``, when the entry is built.
"""

from extract.sources._files.entry import EntryError, FileEntry
from extract.sources._files.load import read_bars

__all__ = ["EntryError", "FileEntry", "read_bars"]
