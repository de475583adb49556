"""Which records are sensitive: by code, by free text, and by what contains or cites what."""
