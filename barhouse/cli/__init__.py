"""The command line ``barhouse``: one module per group of commands, no logic of its own."""

from barhouse.cli.main import main

__all__ = ["main"]
