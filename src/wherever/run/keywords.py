"""What is said to a Python caller who passes a keyword that is not there."""

from __future__ import annotations

import inspect
from difflib import get_close_matches

from wherever.errors import InputError

_INSTEAD = {
    "cwd": "grant a folder with dirs, and start in it with workdir",
    "capture_output": "leave it out: what it writes is captured already",
    "text": "leave it out: what it writes is bytes, and out.stdout.decode() is its text",
    "dir": "did you mean dirs?",
}
"""What those write who know `subprocess`, and the command's options."""
_INSTEAD |= dict.fromkeys(("encoding", "universal_newlines"), _INSTEAD["text"])


def unknown(caller: str, name: str) -> InputError:
    """The error for a keyword that the function `caller` of this package does not take.

    Example:
        >>> str(unknown("run", "cwd"))
        "run takes no 'cwd'; grant a folder with dirs, and start in it with workdir"
    """
    import wherever
    from wherever.policy.limits import Limits

    taken = [*inspect.signature(getattr(wherever, caller)).parameters, *Limits.__slots__]
    others = inspect.signature(wherever.run).parameters
    near = get_close_matches(name, [each for each in taken if each != "values"], 1)
    hint = f"did you mean {near[0]}?" if near else f"see: help(wherever.{caller})"
    if name in others:
        hint = f"wherever.run takes it; see: help(wherever.{caller})"
    return InputError(f"{caller} takes no {name!r}", _INSTEAD.get(name, hint))
