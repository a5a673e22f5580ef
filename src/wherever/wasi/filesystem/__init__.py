"""Files of handlers: `wasi:filesystem` 0.2 in granted folders, out of which no path leads."""
