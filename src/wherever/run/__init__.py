"""From a program, its grants and its limits to an outcome."""
