"""The summary of a nightly run, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from barhouse.exporting import describe_export
from barhouse.lake import ExportReport
from barhouse.transform import BuildReport
from extract.pipelines import LandingReport

#: So many failed requests of a source are named one by one.
_NAMED = 10


def describe_failures(report: LandingReport) -> list[str]:
    """Return a sentence per request of a source that failed; many are cut short.

    Args:
        report: What the source landed.
    """
    failed = report.failed
    said = [f"{outcome.source}: {outcome.reason}" for outcome in failed[:_NAMED]]
    if len(failed) > _NAMED:
        said.append(f"{report.provider}: {len(failed) - _NAMED:,} more requests failed")
    if report.error is not None:
        said.append(str(report.error))
    return said


def summarize(
    landed: Sequence[LandingReport],
    problems: Sequence[str],
    built: BuildReport,
    proved: BuildReport | None,
    exported: ExportReport,
) -> str:
    """Return what a run did, in Markdown.

    Args:
        landed: One report per source that ran.
        problems: One sentence per source or request that failed.
        built: The dbt build.
        proved: The proofs; ``None`` when one failed.
        exported: The export.
    """
    lines = [
        "# Nightly refresh",
        "",
        "| source | requests | rows | rejected |",
        "|---|---:|---:|---:|",
    ]
    for report in landed:
        rows = sum(outcome.row_count for outcome in report.outcomes)
        rejected = sum(outcome.reject_count for outcome in report.outcomes)
        lines.append(f"| {report.provider} | {len(report.outcomes)} | {rows:,} | {rejected:,} |")
    counts = ", ".join(f"{number} {status}" for status, number in sorted(built.counts.items()))
    lines += ["", f"**dbt build**: {counts} in {built.seconds:.1f} s", ""]
    if proved is not None:
        found = ", ".join(f"{number} {status}" for status, number in sorted(proved.counts.items()))
        lines += [f"**Proofs**: {found}", ""]
    lines += [f"**Lake**: {describe_export(exported)}", ""]
    if problems:
        lines += ["## Failed", "", *(f"- {problem}" for problem in problems), ""]
    return "\n".join(lines)
