"""One module per provider; each alone knows its SDK or file format."""
