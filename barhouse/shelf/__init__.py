"""The shelf: bars of this machine as the API reads them fastest, columns of doubles in files.

    <state>/shelf/<kind>/<period>.arrow

A file holds the bars of all instruments in one month or year, a record batch for each instrument,
and of each the version of what its bars were read from. It is memory-mapped, not read. Nothing in
it is the only copy: what is missing, damaged or of another version comes from the database.
"""

from barhouse.shelf.blocks import Block, Page, Shelf, shelf_of, write_block
from barhouse.shelf.kinds import KINDS, Kind, versions_statement

__all__ = [
    "KINDS",
    "Block",
    "Kind",
    "Page",
    "Shelf",
    "shelf_of",
    "versions_statement",
    "write_block",
]
