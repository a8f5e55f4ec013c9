"""How Alpaca is asked and how its answers read; the provider itself is ``sources/alpaca.py``."""
