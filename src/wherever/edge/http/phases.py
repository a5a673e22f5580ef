"""What a connection is doing with what comes in."""

from __future__ import annotations

HEAD = 0
"""It waits for a request, or has a part of its head."""
GATHER = 1
"""It collects a body before the app is called."""
STREAM = 2
"""It hands a body to the app as it comes."""
WAIT = 3
"""It has the whole request, and an app is at work on it."""
DISCARD = 4
"""It reads what the app left of a body."""
LINGER = 5
"""It has said its last word, and lets the client read it."""
ENDED = 6
"""It is closed."""
