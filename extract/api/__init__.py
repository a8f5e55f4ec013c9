"""What all providers with an API have in common: windows, calls, checks, the ledger."""
