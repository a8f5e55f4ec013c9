"""The parts of the Interactive Brokers provider; the SDK is imported in here and nowhere else.

And only inside functions: it takes the event loop of the thread that imports it first, and in a
thread without one it cannot be imported. See ``loop.py``.
"""
