"""Extract: the only code that talks to providers and the only writer of the ``staging`` schema."""
