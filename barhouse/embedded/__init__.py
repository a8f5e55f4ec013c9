"""The embedded TimescaleDB: one database server per data directory, without Docker.

The server itself is a Node program in the folder ``embedded/`` of the checkout; its README says
what it can and cannot do. This package finds Node, starts the server or joins the one that runs,
and stops it. Linux and macOS only.

Example:
    >>> server = start(Path(".barhouse/db"))
    >>> server.url(role="loader")
"""

from barhouse.embedded.errors import EmbeddedError
from barhouse.embedded.launcher import start
from barhouse.embedded.node import find_node
from barhouse.embedded.server import Server, status
from barhouse.embedded.stopping import reset, stop

__all__ = ["EmbeddedError", "Server", "find_node", "reset", "start", "status", "stop"]
