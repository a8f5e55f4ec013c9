"""The exceptions of this package."""


class EmbeddedError(RuntimeError):
    """The embedded database cannot do what was asked.

    The message is one sentence for people: what was seen, what was expected, what to do.
    """


class PortTakenError(EmbeddedError):
    """The port asked for belongs to another program."""
