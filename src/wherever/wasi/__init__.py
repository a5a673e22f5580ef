"""What a guest sees of the system: preview 1 through a guard, WASI 0.2 through the library."""
