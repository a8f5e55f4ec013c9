"""Measurements: side by side in one run, told as ratios. See docs/benchmarks.md."""
