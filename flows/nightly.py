"""The nightly refresh: extract every configured source, build and test, prove, export.

    extract (one task per source) -> dbt build -> proofs -> export to the lake -> shelf -> summary

A source that fails after its retries does not stop the others: what landed is built and exported,
and the run then ends as failed, naming the source. So does a proof that fails.
"""

from __future__ import annotations

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact

from barhouse.errors import BarhouseError
from barhouse.sources_config import load_sources
from barhouse.transform import BuildReport
from extract.pipelines import LandingReport
from extract.settings import load_settings
from flows.logs import leave_out_tracebacks
from flows.summary import describe_failures, summarize
from flows.tasks import (
    build_warehouse,
    export_marts,
    extract_source,
    open_database,
    prove_numbers,
    shelve_bars,
)


@flow(name="refresh-warehouse", description=__doc__)
def refresh_warehouse() -> str:
    """Refresh the warehouse once.

    Returns:
        The summary, in Markdown; also kept as the artifact ``nightly-summary``.

    Raises:
        BarhouseError: A source, the build, a proof, the export or the shelf failed.
    """
    leave_out_tracebacks()
    settings = load_settings()
    sources = load_sources(settings.project_dir / "config" / "sources.yaml")
    open_database(settings)

    landed: list[LandingReport] = []
    problems: list[str] = []
    for entry in sources:
        state = extract_source(entry, settings, return_state=True)
        outcome = state.result(raise_on_failure=False)
        if isinstance(outcome, LandingReport):
            landed.append(outcome)
            problems += describe_failures(outcome)
        else:
            problems.append(f"{entry.provider}: {outcome}")

    built = build_warehouse(settings)
    proved = prove_numbers(settings, return_state=True).result(raise_on_failure=False)
    if isinstance(proved, Exception):
        problems.append(str(proved))
    exported = export_marts(settings)
    shelve_bars(settings)

    held = proved if isinstance(proved, BuildReport) else None
    summary = summarize(landed, problems, built, held, exported)
    create_markdown_artifact(summary, key="nightly-summary", description="What the run did")
    if problems:
        get_run_logger().error("built and exported what landed; failed: %s", "; ".join(problems))
        raise BarhouseError(f"{len(problems)} failed: {'; '.join(problems)}")
    return summary


if __name__ == "__main__":
    refresh_warehouse()
