"""Extract several sources side by side, each provider at its own pace."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from barhouse.database import Warehouse
from barhouse.landing import extract_provider
from barhouse.sources_config import SourceEntry
from barhouse.user_errors import FOR_USERS
from extract.pipelines import LandingReport, Progress
from extract.providers import Progressed
from extract.settings import Settings


@dataclass(frozen=True)
class SourceResult:
    """What became of one source.

    Attributes:
        entry: The source.
        report: What it landed, unless it failed as a whole.
        error: Why it did, as a sentence.
        seconds: How long it took.
    """

    entry: SourceEntry
    report: LandingReport | None
    error: str | None
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 when all was answered, 3 when some was, 1 when nothing was."""
        return self.report.exit_code if self.report else 1


def extract_sources(
    entries: Sequence[SourceEntry],
    settings: Settings,
    warehouse: Warehouse,
    row_counter: Callable[[str], Progress],
    watcher: Callable[[str], Callable[[Progressed], None]],
) -> list[SourceResult]:
    """Extract sources at the same time; those of one provider follow each other.

    Args:
        entries: The sources.
        settings: The project.
        warehouse: The database.
        row_counter: Returns, for a provider, what to call as rows are handed over.
        watcher: Returns, for a provider, what to call as requests are answered.

    Returns:
        One result per source, in their order. A source that fails does not stop the others.
    """
    by_provider: dict[str, list[SourceEntry]] = defaultdict(list)
    for entry in entries:
        by_provider[entry.provider].append(entry)

    def extract_one(entry: SourceEntry) -> SourceResult:
        began = time.monotonic()
        report, problem = None, None
        try:
            report = extract_provider(
                entry.provider,
                settings,
                warehouse,
                entry.options,
                progress=row_counter(entry.provider),
                watch=watcher(entry.provider),
            )
        except FOR_USERS as error:
            problem = str(error)
        return SourceResult(entry, report, problem, time.monotonic() - began)

    with ThreadPoolExecutor(max(1, len(by_provider))) as pool:
        futures = [
            pool.submit(lambda mine: [extract_one(entry) for entry in mine], mine)
            for mine in by_provider.values()
        ]
        results = [result for future in futures for result in future.result()]
    order = {id(entry): place for place, entry in enumerate(entries)}
    return sorted(results, key=lambda result: order[id(result.entry)])
