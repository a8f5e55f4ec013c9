"""What a user writes into ``config``: symbols, presets and how to reach providers."""
