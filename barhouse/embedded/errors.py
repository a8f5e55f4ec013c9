"""The one exception of this package."""


class EmbeddedError(RuntimeError):
    """The embedded database cannot do what was asked.

    The message is one sentence for people: what was seen, what was expected, what to do.
    """
