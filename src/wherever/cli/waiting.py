"""For how long something has been waited for, on a terminal."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from wherever.cli.terminal import progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def waiting(text: str) -> Iterator[Callable[[], object]]:
    """Shows one passing line on a terminal's stderr from the first second on, and how many it took.

    Args:
        text: what is waited for.

    Yields:
        What takes the line away before the block has ended.

    Example:
        >>> with waiting("opening 2 apps") as done:
        ...     print("they answer")
        they answer
    """
    over, show = threading.Event(), progress()

    def tell() -> None:
        seconds = 0
        while not over.wait(1):
            seconds += 1
            show(f"wherever: {text} ({seconds} s)")

    def done() -> None:
        over.set()
        thread.join()
        show(None)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield done
    finally:
        done()
