"""The world of a library that has no WIT: derived from its source, in the words of its language."""
