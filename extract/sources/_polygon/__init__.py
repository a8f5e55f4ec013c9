"""The parts of the Polygon provider; the SDK is imported in here, never by ``polygon.py``."""
