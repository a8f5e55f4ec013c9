"""Yahoo in pieces: its wire, its feed, its columns and its symbols."""
