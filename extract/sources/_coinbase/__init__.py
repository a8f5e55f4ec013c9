"""The parts of the Coinbase provider; the SDK is imported in here, never by ``coinbase.py``."""
