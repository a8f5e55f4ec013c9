"""The sample: real bars read out of pinned packages of the Python package index."""
