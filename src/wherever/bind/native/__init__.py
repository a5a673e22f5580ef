"""What the packages that stand on a library's C have in common."""
