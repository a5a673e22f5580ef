"""Where programs live: the catalogue of names, and what was fetched and kept."""
